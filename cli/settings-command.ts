import { SETTINGS, type SettingName } from '../deploy/settings-table.ts';
import { settingsOf } from './deployment/deployment.ts';
import type { OutputFlags } from './order-commands.ts';
import { json } from './report.ts';
import { table } from './text.ts';

/** `settings`: what a stage has set, and where each value comes from. */
export function settingsCommand({
  stage: name,
  json: isJson,
}: OutputFlags & { stage: string }): void {
  const stage = settingsOf(name, process.env);
  const own = Object.keys(stage.given).filter((setting) => !(setting in SETTINGS));
  const rows = [...Object.keys(SETTINGS), ...own].map((setting) => ({
    name: setting,
    value: stage.given[setting] ?? SETTINGS[setting as SettingName].byDefault,
    from: stage.sourceOf(setting),
  }));
  if (isJson) {
    process.stdout.write(json(rows));
    return;
  }
  const shown = rows.map((row) => [row.name, row.value || '-', whence(row.from, name)]);
  process.stdout.write(table([['setting', 'value', 'from'], ...shown]));
}

function whence(from: string, stage: string): string {
  return from === 'file' ? `stages/${stage}.yml` : from;
}
