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

test('docs/openapi.json is up to date: run `npm run generate` if this fails', () => {
  expect(text).toBe(generatedOpenApi());
});

test('a description is given to the one field that it is about', () => {
  const fields = new Map<string, Set<string>>();
  const collect = (schema: { readonly properties?: object; readonly items?: object }) => {
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const { description = name } = member;
      fields.set(description, (fields.get(description) ?? new Set()).add(name));
      collect(member);
    }
    if (schema.items) collect(schema.items);
  };
  for (const schema of Object.values<object>(JSON.parse(text).components.schemas)) collect(schema);
  const shared = [...fields].filter(([, names]) => names.size > 1);
  expect(shared.map(([description, names]) => [description, ...names])).toEqual([]);
});

test('a public linter finds nothing wrong with the document', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const found = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

test('GET /openapi.json shows the document to any valid key', async () => {
  const api = await deploy();
  expect((await api.call('openapi', { as: 'writer' })).body).toEqual(JSON.parse(text));
});

const REQUESTS = Object.keys(EXAMPLES.request);
const requestSchema = (key: string) => {
  const [method = '', path = ''] = key.split(' ');
  const escaped = path.replaceAll('/', '~1');
  return `/paths/${escaped}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
};

describe('the examples are valid', () => {
  test.each(REQUESTS)('of the request %s', (key) => {
    expect(validatorOf(requestSchema(key))(EXAMPLES.request[key])).toBe(true);
  });

  test.each(Object.entries(OPERATIONS))('of the answer to %s', (key, { answer }) => {
    const named = new Set<string>('headers' in answer ? answer.headers : []);
    const headers = {
      ...(answer.status !== 204 && { 'content-type': 'application/json' }),
      'x-request-id': 'x',
      ...(named.has('Location') && { location: `/orders/${EXAMPLES.id}` }),
      ...(named.has('ETag') && { etag: '"x"' }),
    };
    const received = {
      status: answer.status,
      headers,
      text: answer.status === 204 ? '' : JSON.stringify(EXAMPLES.answer[key] ?? {}),
    };
    expect(differencesFrom(key, received)).toEqual([]);
  });

  test.each(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])('of the problem %s', (type) => {
    expect(validatorOf('/components/schemas/Problem')(EXAMPLES.problem(type))).toBe(true);
  });
});

/** Members that are valid, and members that are not. */
const anyMember = fc.oneof(
  fc.constantFrom(null, true, [], {}, '', ' ', 'GBP', 'x'.repeat(64), 'x'.repeat(65)),
  fc.constantFrom('\u0000', '\ud800'),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 70 }),
);
const [sku, quantity, unitAmount, description, more] = Array(5).fill(anyMember);
const anyLine = fc.record({ sku, quantity, unitAmount, description, more }, { requiredKeys: [] });
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

test('the document accepts and refuses the same orders as the code', () => {
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
