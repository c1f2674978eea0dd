import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../lib/contract/examples.ts';
import { generatedOpenApi } from '../../lib/contract/generate.ts';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { PROBLEMS } from '../../lib/contract/problems.ts';
import { validateSubmission } from '../../lib/orders/submission.ts';
import { deploy } from '../http/deployment.ts';
import { differencesFrom, validatorOf } from '../support/contract.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';

const text = readFileSync(`${ROOT}/docs/openapi.json`, 'utf8');

test('docs/openapi.json is what `npm run generate` makes of the definitions', () => {
  expect(text).toBe(generatedOpenApi());
});

test('a linter of the public finds nothing wrong with it', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const found = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

test('GET /openapi.json shows it to any valid key', async () => {
  const api = await deploy();
  const answer = await api.call('openapi', { as: 'writer' });
  expect(answer.body).toEqual(JSON.parse(text));
});

const REQUESTS = Object.keys(EXAMPLES.request);
const requestSchema = (key: string) => {
  const [method = '', path = ''] = key.split(' ');
  const escaped = path.replaceAll('/', '~1');
  return `/paths/${escaped}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
};

describe('the examples are right', () => {
  test.each(REQUESTS)('of the request %s', (key) => {
    expect(validatorOf(requestSchema(key))(EXAMPLES.request[key])).toBe(true);
  });

  test.each(Object.entries(OPERATIONS))('of the answer to %s', (key, { answer }) => {
    const headers = {
      'content-type': 'application/json',
      'x-request-id': 'x',
      location: `/orders/${EXAMPLES.id}`,
      etag: '"x"',
    };
    const named = new Set(['headers' in answer ? answer.headers : []].flat().map(lower));
    const kept = Object.entries(headers).filter(
      ([name]) => !['location', 'etag'].includes(name) || named.has(name),
    );
    const body = EXAMPLES.answer[key] ?? {};
    const received = {
      status: answer.status,
      headers: Object.fromEntries(kept),
      text: JSON.stringify(body),
    };
    expect(differencesFrom(key, received)).toEqual([]);
  });

  test.each(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])('of the problem %s', (type) => {
    expect(validatorOf('/components/schemas/Problem')(EXAMPLES.problem(type))).toBe(true);
  });
});

const lower = (name: string) => name.toLowerCase();

/** Members that are right, and members that are wrong in one way or another. */
const anyMember = fc.oneof(
  fc.constantFrom(
    null,
    true,
    [],
    {},
    '',
    ' ',
    'GBP',
    'x'.repeat(64),
    'x'.repeat(65),
    '\u0000',
    '\ud800',
  ),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 70 }),
);
const anyLine = fc.record(
  {
    sku: anyMember,
    quantity: anyMember,
    unitAmount: anyMember,
    description: anyMember,
    more: anyMember,
  },
  { requiredKeys: [] },
);
const anyBody = fc
  .record(
    {
      customer: anyMember,
      lines: fc.oneof(anyMember, fc.array(anyLine, { maxLength: 3 })),
      reference: anyMember,
      metadata: fc.oneof(anyMember, fc.dictionary(fc.string({ maxLength: 41 }), anyMember)),
      more: anyMember,
    },
    { requiredKeys: [] },
  )
  .map((members) => orderBody(members));

test('the document takes and refuses the same orders as the code', () => {
  const isDescribed = validatorOf('/components/schemas/Submission');
  const isTaken = (body: unknown) => validateSubmission(body, NOW_MS).kind === 'valid';
  fc.assert(
    fc.property(anyBody, (body) => {
      expect(isDescribed(body)).toBe(isTaken(body));
    }),
    { numRuns: 2_000 },
  );
});

test('each problem is explained in docs/problems.md, with its status, and no other', () => {
  const rows = readFileSync(`${ROOT}/docs/problems.md`, 'utf8').matchAll(
    /^\| <a id="(.+?)"><\/a>`\/problems\/(.+?)` \| (\d+) \| .+ \| .+ \|$/gm,
  );
  const explained = [...rows].map(([, anchor, type, status]) => [anchor, type, Number(status)]);
  const known = Object.entries(PROBLEMS).map(([type, { status }]) => [type, type, status]);
  expect(explained.sort()).toEqual(known.sort());
});
