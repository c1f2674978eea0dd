/** `npm run generate` writes docs/settings.md from the table of settings. */
import { writeFileSync } from 'node:fs';
import type { SettingRow } from '../lib/settings.ts';
import { MEANINGS, SETTING_GROUPS, type SettingName } from './settings-table.ts';

const HEAD = `\
# Settings

Generated from \`deploy/settings-table.ts\` by \`npm run generate\`.

A stage's settings are in \`stages/<stage>.yml\`, which you commit. An environment variable of the same name
overrides the file; \`npm start\` reads the environment alone. \`npm run sluice -- settings --stage prod\` shows
the values and where each comes from.

\`\`\`yaml
# stages/prod.yml
SLUICE_PRODUCER: webhook
SLUICE_WEBHOOK_URL: https://erp.example/orders
SLUICE_ALARM_EMAIL: ops@shop.example
SLUICE_TAGS: { Team: orders }
\`\`\`

Store secrets with [\`secrets put\`](deploy.md#changing-a-secret) instead. Settings of [your own
producer](producers.md#write-your-own) begin with \`SLUICE_PRODUCER_\`.
`;

export function settingsDoc(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, rows]) => {
    const lines = Object.entries<SettingRow<unknown>>(rows).map(([name, { rule, byDefault }]) =>
      row([
        `\`${name}\``,
        MEANINGS[name as SettingName],
        range(readable(rule)),
        byDefault === '' ? 'none' : `\`${readable(byDefault)}\``,
      ]),
    );
    const head = [row(['setting', 'meaning', 'value', 'default']), '|---|---|---|---|'];
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
