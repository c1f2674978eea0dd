import { beforeAll, expect, test } from 'vitest';
import { redriveOldest } from '../../lib/production/redrive.ts';
import { rateLimit } from '../../lib/redis/rate-limit.ts';
import { billedCommands } from '../../local/billed-commands.ts';
import { bearer, functionEnvironment, httpEvent, lambdaContext } from '../support/functions.ts';
import { claimRequest, NOW_MS, newOrder, orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore } from '../support/store.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
const environment = functionEnvironment(stack);
Object.assign(process.env, environment);
const submit = (await import('../../functions/submit-order.ts')).handler;
const submitBatch = (await import('../../functions/submit-batch.ts')).handler;
const drain = (await import('../../functions/drain-queue.ts')).handler;
const list = (await import('../../functions/list-orders.ts')).handler;
const store = freshStore(stack);
const { redis } = store;

// Redis has the scripts, as it does but for the first seconds after it was made.
beforeAll(async () => {
  await submitOrder('warm-up');
  await drain({ slot: 0 }, lambdaContext());
  return stack.stop;
});

function submitOrder(key: string) {
  const headers = {
    authorization: bearer('shop'),
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const body = JSON.stringify(orderBody());
  return submit(httpEvent('POST /orders', { headers, body }), lambdaContext());
}

/** What Redis says that it executed, inside scripts too, while `work` ran. */
async function billedFor(work: () => Promise<unknown>): Promise<number> {
  const count = async () => billedCommands(await redis.exec<string>(['INFO', 'commandstats']));
  const before = await count();
  await work();
  return (await count()) - before;
}

test('an order costs at most 6.2 billed commands in its whole life, in batches of 100', async () => {
  const orders = 300;
  const billed = await billedFor(async () => {
    for (let index = 0; index < orders; index += 1) await submitOrder(`life-${index}`);
    expect(await drain({ slot: 0 }, lambdaContext())).toMatchObject({
      report: { produced: orders },
    });
  });
  expect(billed / orders).toBeLessThanOrEqual(6.2);
});

test('an order costs at most 3.3 billed commands in its whole life, submitted in batches of 100', async () => {
  const headers = { authorization: bearer('shop'), 'content-type': 'application/json' };
  const billed = await billedFor(async () => {
    for (const batch of ['a', 'b', 'c']) {
      const orders = Array.from({ length: 100 }, (_, index) =>
        orderBody({ idempotencyKey: `${batch}-${index}` }),
      );
      const event = httpEvent('POST /orders/batch', { headers, body: JSON.stringify({ orders }) });
      expect((await submitBatch(event, lambdaContext())).statusCode).toBe(200);
    }
    expect(await drain({ slot: 0 }, lambdaContext())).toMatchObject({ report: { produced: 300 } });
  });
  expect(billed / 300).toBeLessThanOrEqual(3.3);
});

test('one batch of 100 alone, with its drain’s lock, stays within 6.2 for each order', async () => {
  const billed = await billedFor(async () => {
    for (let index = 0; index < 100; index += 1) await submitOrder(`batch-${index}`);
    await drain({ slot: 0 }, lambdaContext());
  });
  expect(billed / 100).toBeLessThanOrEqual(6.2);
});

test('a new order costs 4 billed commands to take in, and a repeat of it 3', async () => {
  expect(await billedFor(() => submitOrder('one'))).toBe(4);
  expect(await billedFor(() => submitOrder('one'))).toBeLessThanOrEqual(3);
});

test('a drain that finds nothing costs at most 8 billed commands', async () => {
  await drain({ slot: 0 }, lambdaContext());
  expect(await billedFor(() => drain({ slot: 0 }, lambdaContext()))).toBeLessThanOrEqual(8);
});

test('a page costs a command for each order on it, and 4 more at most', async () => {
  const headers = { authorization: bearer('admin') };
  const pageOf = async (query: Record<string, string>) => {
    const event = httpEvent('GET /orders', { headers, queryStringParameters: query });
    return JSON.parse((await list(event, lambdaContext())).body ?? '');
  };
  await submitOrder('page-1');
  await submitOrder('page-2');
  const { nextCursor } = await pageOf({ limit: '1' });
  expect(await billedFor(() => pageOf({ limit: '50' }))).toBeLessThanOrEqual(53);
  expect(await billedFor(() => pageOf({ limit: '1', cursor: nextCursor }))).toBeLessThanOrEqual(5);
  // One that matches nothing looks at a hundred orders and no more.
  expect(await billedFor(() => pageOf({ customer: 'nobody' }))).toBeLessThanOrEqual(103);
});

test('redriving many costs 2 commands for each order, and 6 more', async () => {
  const orders = Array.from({ length: 10 }, (_, index) => newOrder(`redrive-${index}`));
  await store.submitAll(orders, NOW_MS);
  const { token } = await store.claim(claimRequest());
  const dead = orders.map(({ id }) => ({ id, kind: 'dead', reason: 'x' }) as const);
  await store.settle(token, dead, NOW_MS);
  const redrive = { limit: 10, pauseMs: 10, mark: 'm' };
  await redriveOldest(store, { ...redrive, limit: 1, mark: 'warm-up' }, NOW_MS);
  const billed = await billedFor(() => redriveOldest(store, redrive, NOW_MS));
  expect(billed).toBe(2 * 9 + 6);
});

test('a limit of requests costs 2 commands a request, and one more each minute', async () => {
  const { client, prefix } = freshStore(stack);
  const limit = rateLimit(client, `${prefix}rate`, 2);
  const ask = () => limit('shop', Date.now());
  await limit('warm-up', Date.now());
  expect(await billedFor(ask)).toBe(3);
  expect(await billedFor(ask)).toBe(2);
  expect(await billedFor(ask)).toBe(2);
  // It is over the limit, and is told so without asking.
  expect(await billedFor(ask)).toBe(0);
});
