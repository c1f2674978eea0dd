import { expect, test } from 'vitest';
import { countOrders } from '../../lib/store/count.ts';
import { StoreFault } from '../../lib/store/errors.ts';
import { readStored } from '../../lib/store/read.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { claimReady, freshStore, readOrder, submitAll } from '../support/store.ts';
import { settlementsOf, submitted } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;

test('an order shows how far it is: scheduled, queued when its time comes, producing, queued for a retry', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 0, 1)) as [string];
  const read = (nowMs: number) => readOrder(store, id, nowMs);
  expect(await read(LATER_MS - 1)).toMatchObject({ status: 'scheduled', attempts: 0 });
  expect(await read(LATER_MS)).toMatchObject({ status: 'queued' });
  const claim = await claimReady(store, { nowMs: LATER_MS });
  expect(await read(LATER_MS)).toMatchObject({ status: 'producing', attempts: 1 });
  const busy = () => ({ kind: 'retry', reason: 'busy' }) as const;
  const settlements = await settlementsOf(store, claim, busy, { nowMs: LATER_MS });
  await settleAndClaim(store, settlements, undefined);
  const retried = await read(LATER_MS);
  expect(retried).toMatchObject({ status: 'queued', attempts: 1, lastError: { reason: 'busy' } });
  expect(retried?.nextAttemptAtMs).toBeGreaterThan(LATER_MS);
  await claimReady(store, { nowMs: retried?.nextAttemptAtMs ?? 0 });
  const again = await read(LATER_MS);
  expect(again).toMatchObject({ status: 'producing', attempts: 2, lastError: { reason: 'busy' } });
  expect(again).not.toHaveProperty('nextAttemptAtMs');
});

test('an order that does not exist is none, and one whose record cannot be read is a fault', async () => {
  const store = freshStore();
  const { id } = newOrder('a');
  expect(await readOrder(store, id, 0)).toBeUndefined();
  for (const text of ['nonsense', '{"v":1}', '[]']) {
    await store.redis.set(store.keys.order(id), text);
    await expect(readOrder(store, id, 0)).rejects.toThrow(StoreFault);
  }
  await submitted(store, 'shop', 1);
  await store.redis.set(store.keys.state(newOrder('ready-0').id), '{"status":"unheard of"}');
  await expect(readOrder(store, newOrder('ready-0').id, 0)).rejects.toThrow(StoreFault);
});

test('what is too large for one reply is read in halves, in the order that was asked for', async () => {
  const store = freshStore();
  const lines = Array.from({ length: 900 }, () => ({
    ...{ sku: 'a', quantity: 1, unitAmount: 1, description: 'x'.repeat(256) },
  }));
  const orders = Array.from({ length: 45 }, (_, at) =>
    newOrder(`${at}`, { submission: { lines } }),
  );
  for (let at = 0; at < 45; at += 15) await submitAll(store, orders.slice(at, at + 15));
  const stored = await readStored(
    store,
    orders.map(({ id }) => id),
  );
  expect(stored.map(({ record }) => JSON.parse(record ?? '').idempotencyKey)).toEqual(
    orders.map(({ idempotencyKey }) => idempotencyKey),
  );
});

test('counts say how many orders are where, over all clients', async () => {
  const store = freshStore();
  expect(await countOrders(store, NOW_MS)).toEqual({
    ...{ queued: 0, producing: 0, scheduled: 0, dead: 0, produced: 0, canceled: 0 },
    ...{ oldestQueuedAgeMs: null, approximate: [], clients: [] },
    waiting: { clients: [], leased: 0 },
  });
  const ids = await submitOrders(store, 5);
  const claim = await claimReady(store, { ordersMax: 4 });
  const all = await settlementsOf(store, claim, (id) =>
    id === ids[0]
      ? { kind: 'produced' }
      : id === ids[1]
        ? { kind: 'rejected', reason: 'x' }
        : { kind: 'retry', reason: 'x', afterMs: 600_000 },
  );
  const first3 = { ...all, settlements: all.settlements.slice(0, 3) };
  await settleAndClaim(store, first3, undefined);
  await submitted(store, 'other', 1, 1);
  expect(await countOrders(store, NOW_MS + 1_000)).toEqual({
    ...{ queued: 2, producing: 1, scheduled: 2, dead: 1, produced: 1, canceled: 0 },
    oldestQueuedAgeMs: 1_000,
    approximate: ['queued', 'producing', 'scheduled'],
    clients: [
      { client: 'other', queued: 1, pending: 1, dead: 0 },
      { client: 'shop', queued: 1, pending: 2, dead: 1 },
    ],
    waiting: {
      clients: [
        { client: 'other', orders: 1 },
        { client: 'shop', orders: 2 },
      ],
      leased: 1,
    },
  });
});
