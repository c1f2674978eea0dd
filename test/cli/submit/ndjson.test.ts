import { expect, test } from 'vitest';
import { lookInto, shortKept } from './reading.ts';

const ORDER = '"customer":"a","currency":"GBP","lines":[{"sku":"x","quantity":1,"unitAmount":5}]';

function read(text: string) {
  return lookInto(text, {}, 'ndjson');
}

test('each line is a submission, and empty lines are skipped', async () => {
  const { orders, look } = await read(
    `{"idempotencyKey":"k1",${ORDER},"reference":"a\u2028b"}\r\n\n{"idempotencyKey":"k2",${ORDER}}`,
  );
  expect(orders).toMatchObject([
    { idempotencyKey: 'k1', row: 1, order: { customer: 'a', reference: 'a\u2028b' } },
    { idempotencyKey: 'k2', row: 3 },
  ]);
  expect(look).toMatchObject({ orders: 2, lines: 2, totals: new Map([['GBP', 10n]]) });
});

test('a line that is no submission is rejected at its row', async () => {
  const nested = (levels: number) => `${'[1,'.repeat(levels)}0${']'.repeat(levels)}`;
  const lines = [
    '{',
    '[]',
    'null',
    '"x"',
    '{"customer":"a"}',
    '{"idempotencyKey":7}',
    `{"idempotencyKey":"a","metadata":${nested(100_000)}}`,
    `{"idempotencyKey":"b","metadata":${nested(99)}}`,
    `{"idempotencyKey":"c",${ORDER},"__proto__":{"x":1}}`,
    `{"idempotencyKey":"d",${ORDER.replace('GBP', 'XYZ')}}`,
  ];
  const looked = await read(lines.join('\n'));
  expect(looked.orders).toEqual([]);
  expect(shortKept(looked).map((text) => text.replace(/(: [^:]*):.*/, '$1'))).toEqual([
    '1  rejected: not JSON',
    '2  rejected: not a JSON object',
    '3  rejected: not a JSON object',
    '4  rejected: not a JSON object',
    '5  rejected: no idempotencyKey',
    '6  rejected: no idempotencyKey',
    '7  rejected: nested more than 100 deep',
    '8 b rejected: /customer',
    '9 c rejected: /__proto__',
    '10 d rejected: /currency',
  ]);
});

test('a pointer of the server stands for itself, on the line of its order', async () => {
  const { orders } = await read(`\n{"idempotencyKey":"k",${ORDER}}\n`);
  for (const pointer of ['/lines/3/sku', '/idempotencyKey']) {
    expect(orders[0]?.locate(pointer)).toEqual({ row: 2, label: pointer });
  }
});
