/** `npm run generate` writes docs/settings.md from the table of settings. */
import { writeFileSync } from 'node:fs';
import type { SettingRow, UsedBy } from '../lib/settings.ts';
import { MEANINGS, SETTING_GROUPS, type SettingName } from './settings-table.ts';

const WHERE: Readonly<Record<UsedBy, string>> = {
  functions: 'all',
  submits: 'submits, drain',
  drain: 'drain',
  announcer: 'announcer',
  deployment: 'template',
};

const HEAD = `\
# Settings

Generated from \`deploy/settings-table.ts\` by \`npm run generate\`.

A stage's settings are in \`stages/<stage>.yml\`, which you commit. An environment variable of the same name
overrides the file. \`npm start\` reads the environment alone.

\`npm run sluice -- settings --stage prod\` shows the values and where each comes from. A deployment shows
what would change, and stops if a setting is wrong.

\`\`\`yaml
# stages/prod.yml
SLUICE_PRODUCER: webhook
SLUICE_WEBHOOK_URL: https://erp.example/orders
SLUICE_ALARM_EMAIL: ops@shop.example
SLUICE_TAGS: { Team: orders }
\`\`\`

Settings are not secret. Secrets go to AWS Secrets Manager: [\`npm run sluice -- secrets put\`](deploy.md). Your
own producer can have settings whose names begin with \`SLUICE_PRODUCER_\`.

*Used by* says which functions get a setting; *template* ones only shape the deployment.
`;

export function settingsDoc(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, rows]) => {
    const lines = Object.entries<SettingRow<unknown>>(rows).map(
      ([name, { rule, byDefault, usedBy }]) =>
        row([
          `\`${name}\``,
          MEANINGS[name as SettingName],
          range(readable(rule)),
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
  return text.replace(/\b\d{4,}\b/g, (digits) => Number(digits).toLocaleString('en'));
}

/** The limits alone, as a table has them. */
function range(rule: string): string {
  return rule.replace(/^a whole number from (\S+) to ([\d,]*\d)/, '$1–$2');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/settings.md', import.meta.url), settingsDoc());
}
