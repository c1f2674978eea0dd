import { expect, test } from 'vitest';
import { readNdjsonOrders } from '../../cli/ndjson-orders.ts';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

test.each([1, 7, 1000])(
  'each line is a submission, empty lines are skipped, whatever the pieces (%i characters)',
  async (size) => {
    const text =
      '{"idempotencyKey":"k1","customer":"a\u2028b"}\r\n\n{"idempotencyKey":"k2","lines":[]}';
    const { submissions, rejects } = await readNdjsonOrders(pieces(text, size));
    expect(rejects).toEqual([]);
    expect(submissions).toMatchObject([
      { idempotencyKey: 'k1', row: 1, order: { customer: 'a\u2028b' } },
      { idempotencyKey: 'k2', row: 3, order: { lines: [] } },
    ]);
  },
);

test('the order is passed on as it is, without its key: the server is the judge', async () => {
  const text = '{"idempotencyKey":"k","unknown":[null],"__proto__":{"x":1}}';
  const { submissions } = await readNdjsonOrders(pieces(text, 100));
  expect(JSON.stringify(submissions[0]?.order)).toBe('{"unknown":[null],"__proto__":{"x":1}}');
});

test('a line that is no submission is rejected at its row', async () => {
  const lines = ['{', '[]', 'null', '"x"', '{"customer":"a"}', '{"idempotencyKey":7}'];
  const { submissions, rejects } = await readNdjsonOrders(pieces(lines.join('\n'), 100));
  expect(submissions).toEqual([]);
  expect(rejects.map(({ row, reason }) => `${row} ${reason.split(':')[0]}`)).toEqual([
    '1 no JSON',
    '2 no JSON object',
    '3 no JSON object',
    '4 no JSON object',
    '5 no idempotencyKey',
    '6 no idempotencyKey',
  ]);
});

test('a line that is nested by the thousand is rejected, and what an order may be is not', async () => {
  const nested = (levels: number) => `${'[1,'.repeat(levels)}0${']'.repeat(levels)}`;
  const line = (key: string, levels: number) =>
    `{"idempotencyKey":"${key}","metadata":${nested(levels)}}`;
  const lines = [line('a', 200_000), line('b', 100), line('c', 99)].join('\n');
  const { submissions, rejects } = await readNdjsonOrders(pieces(lines, 10_000));
  expect(rejects.map(({ row, reason }) => `${row} ${reason.split(' ')[0]}`)).toEqual([
    '1 nested',
    '2 nested',
  ]);
  expect(submissions).toMatchObject([{ idempotencyKey: 'c', row: 3 }]);
});

test('a pointer of the server stands for itself, on the line of its order', async () => {
  const { submissions } = await readNdjsonOrders(pieces('\n{"idempotencyKey":"k"}\n', 100));
  for (const pointer of ['/lines/3/sku', '/idempotencyKey']) {
    expect(submissions[0]?.locate(pointer)).toEqual({ row: 2, label: pointer });
  }
});
