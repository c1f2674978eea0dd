import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsDoc } from '../../deploy/settings-doc.ts';
import { SETTINGS, type SettingName } from '../../deploy/settings-table.ts';
import { CLAIM_ORDERS_MAX } from '../../lib/store/claim.ts';
import { ROOT, sourceFiles } from '../support/source-files.ts';

test('docs/settings.md is what npm run generate makes of the table', () => {
  expect(readFileSync(`${ROOT}/docs/settings.md`, 'utf8')).toBe(settingsDoc());
});

test.each(Object.entries(SETTINGS))('the default of %s is one of its values', (_, setting) => {
  expect(setting.parse(setting.byDefault)).toBeDefined();
});

test('a batch is no larger than what one claim takes', () => {
  expect(SETTINGS.SLUICE_BATCH_SIZE.parse(String(CLAIM_ORDERS_MAX))).toBe(CLAIM_ORDERS_MAX);
  expect(SETTINGS.SLUICE_BATCH_SIZE.parse(String(CLAIM_ORDERS_MAX + 1))).toBeUndefined();
});

test('every setting of the table is used, and the documents name no other', () => {
  const code = sourceFiles(['lib', 'deploy'], '.ts').filter(
    ({ path }) => !/settings-table/.test(path),
  );
  const text = code.map((file) => file.text).join('\n');
  const used = (name: string) =>
    text.includes(name) || text.includes(`_${name.replace(/^SLUICE_(WEBHOOK|EVENTS)_/, '')}`);
  expect(Object.keys(SETTINGS).filter((name) => !used(name))).toEqual([]);

  const documents = [
    'README.md',
    'docs/deploy.md',
    'docs/runbook.md',
    'docs/producers.md',
    'docs/events.md',
  ];
  const named = documents.flatMap((file) =>
    [...readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(/\bSLUICE_[A-Z_]*[A-Z]\b(?![_…])/g)].map(
      ([name]) => name,
    ),
  );
  const others =
    /^SLUICE_(URL|KEY|API_KEYS|SECRETS|PRODUCER_[A-Z_]+|(WEBHOOK|EVENTS)_(SECRETS|URL_TOKEN))$/;
  const unknown = named.filter(
    (name) => SETTINGS[name as SettingName] === undefined && !others.test(name),
  );
  expect([...new Set(unknown)]).toEqual([]);
});
