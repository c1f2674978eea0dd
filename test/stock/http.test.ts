import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { deploy } from '../http/deployment.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';

const stack = await startStack();
afterAll(stack.stop);
const ON = { SLUICE_STOCK: 'on' };
const ticket = (quantity: number, more: object = {}) =>
  orderBody({ lines: [{ sku: 'ticket', quantity, unitAmount: 1 }], ...more });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  return () => void vi.useRealTimers();
});

test('out of stock is a 409 that names each line and what is left, and keeps nothing', async () => {
  const api = await deploy(undefined, ON);
  const set = await api.call('setStock', { sku: 'ticket', body: { available: 2 } });
  expect(set).toMatchObject({
    ...{ status: 200, body: { sku: 'ticket', available: 2, reserved: 0, sold: 0 } },
  });
  const keys = await api.keys();
  const answer = await api.submit(ticket(3), { key: 'k' });
  expect(answer).toMatchObject({
    status: 409,
    body: {
      type: '/problems/out-of-stock',
      errors: [{ pointer: '/lines/0', detail: 'Only 2 left.', available: 2 }],
    },
  });
  expect(await api.keys()).toEqual(keys);
  expect((await api.submit(ticket(2), { key: 'k' })).status).toBe(202);
});

test('each item of a batch has its own answer, and a limit of each customer its own problem', async () => {
  const api = await deploy(undefined, ON);
  const body = { available: 5, perCustomerMax: 2 };
  await api.call('setStock', { sku: 'ticket', body });
  const orders = [
    ticket(2, { idempotencyKey: 'a' }),
    ticket(1, { idempotencyKey: 'b' }),
    ticket(9, { idempotencyKey: 'c', customer: 'other' }),
    ticket(2, { idempotencyKey: 'a' }),
  ];
  const { body: answer } = await api.call('batch', { body: { orders } });
  expect(answer.results).toMatchObject([
    { status: 202, replayed: false },
    { status: 409, problem: { type: '/problems/over-limit', errors: [{ available: 0 }] } },
    { status: 409, problem: { type: '/problems/out-of-stock', errors: [{ available: 3 }] } },
    { status: 202, replayed: true },
  ]);
});

test('an instance that has seen a SKU sold out refuses for a second at one command, but no repeat', async () => {
  const api = await deploy(stack, ON);
  await api.call('setStock', { sku: 'ticket', body: { available: 1 } });
  await api.submit(ticket(1), { key: 'first' });
  expect((await api.submit(ticket(1))).status).toBe(409);
  const before = stack.usage.billedCommands;
  for (let at = 0; at < 10; at += 1) expect((await api.submit(ticket(1))).status).toBe(409);
  expect(stack.usage.billedCommands - before).toBe(10);
  const repeat = await api.submit(ticket(1), { key: 'first' });
  expect(repeat).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' } });
  await api.call('cancel', { id: String(repeat.body.id) });
  expect((await api.submit(ticket(1))).status, 'the memory still lasts').toBe(409);
  vi.setSystemTime(NOW_MS + 1_000);
  expect((await api.submit(ticket(1))).status).toBe(202);
});

test('stock is added once for each key, listed by SKU or by what is left, and untracked', async () => {
  const api = await deploy(undefined, ON);
  const stocks = ['c', 'a', 'b'].map((sku, at) => ({ sku, available: 10 - at }));
  const { body } = await api.call('setStocks', { body: { stocks: [...stocks, { sku: 'd' }] } });
  expect(body.results).toMatchObject([
    ...stocks.map((stock) => ({ status: 200, stock })),
    { status: 400, problem: { type: '/problems/invalid-stock' } },
  ]);
  const add = (count: number, key: string) =>
    api.call('setStock', { sku: 'a', body: { add: count }, headers: { 'idempotency-key': key } });
  for (const key of ['k', 'k']) await add(5, key);
  expect((await add(-15, 'l')).body).toMatchObject({ type: '/problems/not-enough-stock' });
  expect((await api.call('getStock', { sku: 'a' })).body).toMatchObject({ available: 14 });
  const page = (await api.call('listStock', { query: { limit: '2' } })).body;
  expect(page.stocks).toMatchObject([{ sku: 'a' }, { sku: 'b' }]);
  const next = await api.call('listStock', { query: { cursor: String(page.nextCursor) } });
  expect(next.body).toMatchObject({ stocks: [{ sku: 'c' }], nextCursor: null });
  const scarce = await api.call('listStock', { query: { sort: 'available', limit: '1' } });
  expect(scarce.body).toMatchObject({ stocks: [{ sku: 'b', available: 8 }] });
  expect((await api.call('untrackStock', { sku: 'a' })).status).toBe(204);
  expect((await api.call('getStock', { sku: 'a' })).status).toBe(404);
});

test('where no stock is kept, setting some says so', async () => {
  const api = await deploy();
  const answer = await api.call('setStock', { sku: 'ticket', body: { available: 1 } });
  expect(answer).toMatchObject({ status: 409, body: { type: '/problems/stock-off' } });
});
