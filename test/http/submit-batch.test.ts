import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { deploy } from './deployment.ts';

const item = (overrides: Record<string, unknown> = {}) =>
  orderBody({ idempotencyKey: randomUUID(), ...overrides });

interface Result {
  readonly index: number;
  readonly status: number;
  readonly replayed?: boolean;
  readonly order?: { readonly id: string };
  readonly problem?: { readonly type: string; readonly errors?: { pointer: string }[] };
}

async function submitBatch(api: Awaited<ReturnType<typeof deploy>>, orders: unknown) {
  const answer = await api.call('batch', { body: { orders } });
  return { status: answer.status, results: (answer.body.results ?? []) as Result[] };
}

test('each order of a batch has its receipt, in the order of the request', async () => {
  const api = await deploy();
  const orders = [item(), item({ reference: 'second' }), item()];
  const { status, results } = await submitBatch(api, orders);
  expect(status).toBe(200);
  expect(results.map(({ index, status, replayed }) => [index, status, replayed])).toEqual([
    [0, 202, false],
    [1, 202, false],
    [2, 202, false],
  ]);
  const read = await api.read(results[1]?.order?.id ?? '');
  expect(read.body).toMatchObject({ reference: 'second', status: 'queued' });
});

test('a batch and single submits share their keys: either repeats the other', async () => {
  const api = await deploy();
  const single = await api.submit(orderBody(), { key: 'a' });
  const first = await submitBatch(api, [item({ idempotencyKey: 'a' })]);
  expect(first.results).toEqual([{ index: 0, status: 202, replayed: true, order: single.body }]);

  const batch = await submitBatch(api, [item({ idempotencyKey: 'b' })]);
  const again = await api.submit(orderBody(), { key: 'b' });
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.body).toEqual(batch.results[0]?.order);
});

test('of two items with one key the first counts, and the second is its replay or a 422', async () => {
  const api = await deploy();
  const { results } = await submitBatch(api, [
    item({ idempotencyKey: 'same' }),
    item({ idempotencyKey: 'same' }),
    item({ idempotencyKey: 'same', customer: 'else' }),
  ]);
  expect(results).toMatchObject([
    { status: 202, replayed: false },
    { status: 202, replayed: true, order: results[0]?.order },
    { status: 422, problem: { type: '/problems/idempotency-key-reused', status: 422 } },
  ]);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('a faulty item is named by itself, with pointers relative to it, and the others are taken', async () => {
  const api = await deploy();
  const { status, results } = await submitBatch(api, [
    item({ lines: [{ sku: 'a', quantity: 0, unitAmount: 1 }] }),
    item(),
    orderBody({ price: 1 }),
    item({ idempotencyKey: ' a' }),
    item({ produceAt: new Date(Date.now() + 31 * 86_400_000).toISOString() }),
    null,
  ]);
  expect(status).toBe(200);
  const pointers = results.map(({ status, problem }) => [
    status,
    problem?.errors?.map(({ pointer }) => pointer),
  ]);
  expect(pointers).toEqual([
    [400, ['/lines/0/quantity']],
    [202, undefined],
    [400, ['/idempotencyKey', '/price']],
    [400, ['/idempotencyKey']],
    [400, ['/produceAt']],
    [400, ['']],
  ]);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test.each([
  ['is no array', {}, ['/orders']],
  ['is empty', [], ['/orders']],
  ['has 501 items', Array.from({ length: 501 }, () => 1), ['/orders']],
  ['is missing', undefined, ['/orders']],
])('a batch whose orders %s is a 400', async (_, orders, pointers) => {
  const api = await deploy();
  const answer = await api.call('batch', { body: { orders } });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    type: '/problems/invalid-batch',
    errors: pointers.map((pointer) => ({ pointer })),
  });
  expect(await api.keys()).toEqual([]);
});

test('500 orders are one batch, and 500 faulty ones write nothing', async () => {
  const api = await deploy();
  const faulty = await submitBatch(
    api,
    Array.from({ length: 500 }, () => ({})),
  );
  expect(new Set(faulty.results.map(({ status }) => status))).toEqual(new Set([400]));
  expect(await api.keys()).toEqual([]);
  const { results } = await submitBatch(
    api,
    Array.from({ length: 500 }, () => item()),
  );
  expect(results.every(({ status }) => status === 202)).toBe(true);
  expect(await api.counts()).toEqual({ kept: 500, queued: 500 });
});

test('a batch over 4 MiB, or with an order over 256 KiB, is a 413', async () => {
  const api = await deploy();
  const text = (bytes: number) => 'x'.repeat(bytes);
  const large = await api.call('batch', { body: text(4 * 1024 * 1024 + 1) });
  expect([large.status, large.body]).toMatchObject([413, { type: '/problems/body-too-large' }]);
  const order = await api.call('batch', { body: { orders: [item(), { a: text(256 * 1024) }] } });
  expect([order.status, order.body]).toMatchObject([413, { type: '/problems/body-too-large' }]);
  expect(await api.keys()).toEqual([]);
});

test('a batch needs the scope orders:write', async () => {
  const api = await deploy();
  const body = { orders: [item()] };
  expect((await api.call('batch', { body, as: 'reader' })).status).toBe(403);
  expect((await api.call('batch', { body, as: undefined })).status).toBe(401);
  expect(await api.keys()).toEqual([]);
});

test('an item that is nested too deeply is a fault of that item', async () => {
  const api = await deploy();
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const body = `{"orders":[${JSON.stringify(item())},${deep}]}`;
  const answer = await api.call('batch', { body });
  expect(answer.status).toBe(200);
  expect(answer.body.results).toMatchObject([{ status: 202 }, { status: 400 }]);
});

test('the results of a batch stay within what a Lambda may answer, whatever is wrong with it', async () => {
  const api = await deploy();
  const lines = Array.from({ length: 100 }, () => ({
    sku: 'a',
    quantity: 1,
    unitAmount: 1,
    description: '',
  }));
  const wrong = Array.from({ length: 499 }, (_, at) => item({ idempotencyKey: `k${at}`, lines }));
  const unknown = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`${at}${'~'.repeat(600)}`, 1]),
  );
  for (const last of [item(), item(unknown)]) {
    const answer = await api.call('batch', { body: { orders: [...wrong, last] } });
    expect(answer.status).toBe(200);
    expect(Buffer.byteLength(answer.text)).toBeLessThan(6_000_000);
    const results = answer.body.results as { status: number; problem?: { errors: unknown[] } }[];
    for (const { problem } of results.slice(0, 499))
      expect(problem?.errors.length).toBeGreaterThan(0);
  }
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('a member with a name that is very long is pointed at by the member that has it', async () => {
  const api = await deploy();
  const { body } = await api.submit(orderBody({ metadata: { ['x'.repeat(1_100)]: '' } }));
  expect(body.errors).toMatchObject([{ pointer: '/metadata' }]);
});
