import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

const MIB = 1024 * 1024;
/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LAMBDA_ANSWER_BYTES_MAX = 6 * MIB;

let api: Deployment;
beforeEach(async () => {
  api = await deploy();
});

const item = (overrides: Record<string, unknown> = {}) =>
  orderBody({ idempotencyKey: randomUUID(), ...overrides });
const items = (count: number, overrides?: Record<string, unknown>) =>
  Array.from({ length: count }, () => item(overrides));

interface Result {
  readonly index: number;
  readonly status: number;
  readonly replayed?: boolean;
  readonly order?: { readonly id: string };
  readonly problem?: { readonly type: string; readonly errors?: { pointer: string }[] };
}

async function submit(orders: unknown) {
  const answer = await api.call('batch', { body: { orders } });
  return { ...answer, results: (answer.body.results ?? []) as Result[] };
}

test('each order has its own result, in the order of the request', async () => {
  const wrong = { lines: [{ sku: 'a', quantity: 0, unitAmount: 1 }], more: 1 };
  const { status, results } = await submit([
    item({ idempotencyKey: 'a', reference: 'first' }),
    item(wrong),
    item({ idempotencyKey: 'a', reference: 'first' }),
    item({ idempotencyKey: 'a', customer: 'other' }),
    orderBody(),
    item({ idempotencyKey: ' a' }),
    null,
  ]);
  expect(status).toBe(200);
  const order = results[0]?.order;
  const invalid = (...pointers: string[]) => ({
    status: 400,
    problem: {
      type: '/problems/invalid-order',
      errors: pointers.map((pointer) => ({ pointer })),
    },
  });
  expect(results).toMatchObject([
    { index: 0, status: 202, replayed: false, order: { status: 'queued', reference: 'first' } },
    { index: 1, ...invalid('/lines/0/quantity', '/more') },
    { index: 2, status: 202, replayed: true, order },
    { index: 3, status: 422, problem: { type: '/problems/idempotency-key-reused' } },
    { index: 4, ...invalid('/idempotencyKey') },
    { index: 5, ...invalid('/idempotencyKey') },
    { index: 6, ...invalid('') },
  ]);
  expect((await api.read(order?.id ?? '')).body).toMatchObject(order ?? {});
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('a batch and single submits share their keys: each repeats the other', async () => {
  const single = await api.submit(orderBody(), { key: 'a' });
  expect((await submit([item({ idempotencyKey: 'a' })])).results).toEqual([
    { index: 0, status: 202, replayed: true, order: single.body },
  ]);
  const batch = await submit([item({ idempotencyKey: 'b' })]);
  const again = await api.submit(orderBody(), { key: 'b' });
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.body).toEqual(batch.results[0]?.order);
});

test.each([
  ['not an array', {}],
  ['empty', []],
  ['501', Array(501).fill(1)],
  ['missing', undefined],
])('a batch whose orders are %s is a 400', async (_, orders) => {
  const answer = await submit(orders);
  expect(answer).toMatchObject({
    status: 400,
    body: { type: '/problems/invalid-batch', errors: [{ pointer: '/orders' }] },
  });
  expect(await api.keys()).toEqual([]);
});

test('500 faulty orders write nothing, and 500 right ones are one batch', async () => {
  const faulty = await submit(Array(500).fill({}));
  expect(new Set(faulty.results.map(({ status }) => status))).toEqual(new Set([400]));
  expect(await api.keys()).toEqual([]);
  const { results } = await submit(items(500));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set([202]));
  expect(await api.counts()).toEqual({ kept: 500, queued: 500 });
});

test('a batch over 4 MiB is a 413, whatever it holds', async () => {
  for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-encoding': 'gzip' }]) {
    const answer = await api.call('batch', { body: 'x'.repeat(4 * MIB + 1), headers });
    expect(answer).toMatchObject({ status: 413, body: { type: '/problems/body-too-large' } });
  }
});

test('an order over 256 KiB makes its batch a 413', async () => {
  const answer = await submit([item(), { a: 'x'.repeat(256 * 1024) }]);
  expect(answer).toMatchObject({ status: 413, body: { type: '/problems/body-too-large' } });
  expect(await api.keys()).toEqual([]);
});

test('an order that is nested too deeply is a fault of that order alone', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const answer = await api.call('batch', {
    body: `{"orders":[${JSON.stringify(item())},${deep}]}`,
  });
  expect(answer.body.results).toMatchObject([{ status: 202 }, { status: 400 }]);
});

test('4 MiB of the characters that grow most on their way to Redis are accepted', async () => {
  // A quote takes two bytes here, and four in the request to Redis, which may have 10 MB.
  const lines = Array(22).fill({ ...orderBody().lines[0], description: '"'.repeat(256) });
  const orders = items(325, { lines });
  expect(JSON.stringify({ orders }).length).toBeGreaterThan(3.9 * MIB);
  const { results } = await submit(orders);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set([202]));
});

const LINE = { sku: 'a', quantity: 1, unitAmount: 1 };
/** Names that the two rounds of JSON in a Lambda's answer make longer. */
const names = (count: number, length: number, character: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [at + character.repeat(length), 1]));

const LARGE_ANSWERS: Record<string, () => unknown[]> = {
  'many faults each': () => Array(499).fill(item({ lines: Array(100).fill({ ...LINE, sku: '' }) })),
  'one fault each, as long as can be': () => Array(499).fill(item(names(1, 1_000, '\u0001'))),
  'long unknown names': () => Array(40).fill(item(names(100, 450, '"'))),
  'nothing, but long receipts': () =>
    Array.from({ length: 499 }, () =>
      item({
        customer: '\\'.repeat(64),
        reference: '🦊'.repeat(64),
        produceAt: '2020-01-01T00:00:00Z',
      }),
    ),
};

test.each(Object.entries(LARGE_ANSWERS))(
  'the answer fits into what a Lambda may return if the orders have %s',
  async (_, made) => {
    const orders = [...made(), item()];
    const { status, text, results } = await submit(orders);
    expect(status).toBe(200);
    // Lambda sends the body as a JSON string.
    expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(LAMBDA_ANSWER_BYTES_MAX);
    expect(results).toHaveLength(orders.length);
    for (const { problem } of results) expect(problem?.errors).not.toEqual([]);
    expect(results.at(-1)?.status).toBe(202);
  },
);
