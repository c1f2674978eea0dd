/** `npm run generate` writes docs/settings.md from the table of settings. */
import { writeFileSync } from 'node:fs';
import type { SettingRow, UsedBy } from '../lib/settings.ts';
import { MEANINGS, SETTING_GROUPS, type SettingName } from './settings-table.ts';

const WHERE: Readonly<Record<UsedBy, string>> = {
  functions: 'every function',
  submits: 'submits and the drain',
  drain: 'the drain',
  announcer: 'the announcer',
  deployment: 'the template',
};

const HEAD = `\
# Settings

Generated from \`deploy/settings-table.ts\` by \`npm run generate\`.

A stage's settings are in \`stages/<stage>.yml\`, one \`NAME: value\` per line. The file is yours to commit;
no setting is secret. A variable of the same name in the environment overrides the file. What is set in
neither has its default. Locally, \`npm start\` reads the environment alone.

\`npm run sluice -- settings --stage prod\` shows what a stage has and where it comes from; a deployment
shows what would change, and stops if a setting is wrong.

\`\`\`yaml
# stages/prod.yml
SLUICE_PRODUCER: webhook
SLUICE_WEBHOOK_URL: https://erp.example/orders
SLUICE_ALARM_EMAIL: ops@shop.example
SLUICE_TAGS: { Team: orders }
\`\`\`

Secrets are not settings: \`npm run sluice -- secrets put\` keeps them in AWS Secrets Manager
([docs/deploy.md](deploy.md)). A producer of your own may have settings of its own, whose names begin with
\`SLUICE_PRODUCER_\`.
`;

export function settingsDoc(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, rows]) => {
    const lines = Object.entries<SettingRow<unknown>>(rows).map(
      ([name, { rule, byDefault, usedBy }]) =>
        row([
          `\`${name}\``,
          MEANINGS[name as SettingName],
          readable(rule),
          byDefault === '' ? 'none' : `\`${readable(byDefault)}\``,
          WHERE[usedBy],
        ]),
    );
    const head = [
      row(['setting', 'meaning', 'value', 'default', 'used by']),
      '|---|---|---|---|---|',
    ];
    return `\n## ${title}\n\n${[...head, ...lines].join('\n')}\n`;
  });
  return HEAD + groups.join('');
}

/** Long numbers with commas. */
function readable(text: string): string {
  return text.replace(/\b\d{5,}\b/g, (digits) => Number(digits).toLocaleString('en'));
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/settings.md', import.meta.url), settingsDoc());
}
