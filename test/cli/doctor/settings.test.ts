import { expect, test } from 'vitest';
import { entryOf } from '../../../lib/http/api-keys.ts';
import { examined } from './examining.ts';

const shop = entryOf('a', 'shop', ['orders:write']);
const shopToo = entryOf('b', 'shop', ['orders:read']);
const ops = entryOf('c', 'ops', ['orders:admin']);

async function keysFinding(keys: unknown) {
  const text = typeof keys === 'string' ? keys : JSON.stringify(keys);
  return (await examined({ env: { SLUICE_API_KEYS: text } })).finding('settings/API keys');
}

test('keys are counted, with who has two of them', async () => {
  expect(await keysFinding([shop, shopToo, ops])).toMatchObject({
    kind: 'ok',
    found: '3 of 2 clients; shop has two',
  });
  expect(await keysFinding([shop, ops])).toMatchObject({
    found: '2 of 2 clients; no client has two',
  });
});

test('no key with orders:admin is a warning', async () => {
  expect(await keysFinding([shop])).toMatchObject({
    kind: 'warning',
    fix: expect.stringMatching(/keys create --client ops/),
  });
});

test.each([
  ['no JSON', '{', /not JSON/],
  ['none at all', [], /empty/],
  ['a wrong entry', [shop, { ...ops, sha256: 'AB' }], /wrong at 1\/sha256$/],
  ['a scope that does not exist', [{ ...ops, scopes: ['orders:all'] }], /wrong at 0\/scopes/],
  ['a digest that is there twice', [shop, ops, { ...ops, client: 'x' }], /entries 1 and 2/],
])('%s is wrong, and where is said', async (_name, keys, found) => {
  const finding = await keysFinding(keys);
  expect(finding.kind).toBe('wrong');
  expect(finding.found).toMatch(found);
  // Never what stands there: the report may be sent around.
  expect(finding.found).not.toContain(ops.sha256);
});

test('variables that are wrong are told, all of them, and Redis is not asked', async () => {
  const { finding, parts } = await examined({
    env: {
      UPSTASH_REDIS_REST_URL: 'not-a-url',
      UPSTASH_REDIS_REST_TOKEN: 'x',
      SLUICE_BATCH_SIZE: '0',
    },
  });
  expect(finding('settings/settings')).toMatchObject({ kind: 'wrong' });
  expect(finding('settings/settings').found).toMatch(/REST_URL is wrong.*; SLUICE_BATCH_SIZE/);
  expect(parts[1]).toMatchObject({ findings: [], skipped: expect.stringMatching(/wrong/) });
});
