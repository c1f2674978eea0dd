import { afterAll, expect, test } from 'vitest';
import { retain } from '../../lib/maintenance/retention.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { findOrder } from '../../lib/store/read.ts';
import { forgetEndedBefore } from '../../lib/store/retention.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { ALL_STATES, orderIn, pass, placesOf } from '../support/maintenance.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import {
  readOrder,
  freshStore as storeOn,
  submitAll,
  submitOne,
  type TestStore,
} from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

const DAY_MS = 86_400_000;
const RETENTION_MS = 30 * DAY_MS;
/** When everything of these tests has ended longer ago than it is kept. */
const LATE_MS = NOW_MS + 100 * DAY_MS;
const NOTHING = { removed: 0, kept: 0, lost: 0, discarded: 0, isComplete: true };
const SEGMENT = segmentName('shop', 0);

function retainAt(store: TestStore, nowMs: number) {
  return retain({ store, clock: steppedClock(nowMs), retentionMs: RETENTION_MS });
}

async function keysOf(store: TestStore): Promise<string[]> {
  return (await store.redis.keys(`${store.prefix}*`)).sort();
}

test.each(['produced', 'canceled'] as const)(
  'a %s order goes with all that is kept of it, once its time is over',
  async (state) => {
    const store = freshStore();
    const { id } = await orderIn(store, state);
    const [, score] = await store.redis.zrange<string[]>(store.keys.ended('shop', 0), 0, -1, {
      withScores: true,
    });
    const endedAtMs = Number(score);
    expect(await retainAt(store, endedAtMs + RETENTION_MS)).toEqual(NOTHING);
    expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: state });
    const report = await retainAt(store, endedAtMs + RETENTION_MS + 1);
    expect(report).toEqual({ ...NOTHING, removed: 1 });
    const left = [
      store.keys.bytes,
      store.keys.clients,
      store.keys.fence,
      store.keys.totals,
      store.keys.number,
    ];
    const gone = (await keysOf(store)).filter((key) => !left.includes(key));
    expect(gone).toEqual([]);
    expect((await pass(store)).found).toEqual({});
  },
);

test.each(ALL_STATES.filter((state) => state !== 'produced' && state !== 'canceled'))(
  'an order that is %s never goes',
  async (state) => {
    const store = freshStore();
    await orderIn(store, state);
    const before = await keysOf(store);
    expect(await retainAt(store, LATE_MS)).toEqual(NOTHING);
    expect(await keysOf(store)).toEqual(before);
  },
);

test('a run stops when its time is up, and the next one goes on', async () => {
  const store = freshStore();
  await submitAll(
    store,
    Array.from({ length: 500 }, (_, at) => newOrder(`a-${at}`)),
  );
  await submitAll(
    store,
    Array.from({ length: 300 }, (_, at) => newOrder(`b-${at}`)),
  );
  await runDrain(store, { limits: { batchSize: 500 } });
  let looks = 0;
  const clock = { now: () => LATE_MS + looks++ };
  const options = { store, clock, retentionMs: RETENTION_MS, deadlineMs: LATE_MS + 2 };
  expect(await retain(options)).toEqual({ ...NOTHING, removed: 500, isComplete: false });
  expect(await retainAt(store, LATE_MS)).toEqual({ ...NOTHING, removed: 300 });
});

test('an order that waits again goes from the list of ended ones only', async () => {
  const store = freshStore();
  const order = await orderIn(store, 'produced');
  // Both records were lost, and its client has submitted it anew.
  await store.redis.del(store.keys.order(order.id), store.keys.state(order.id));
  await submitOne(store, order);
  expect(await retainAt(store, LATE_MS)).toEqual({ ...NOTHING, kept: 1 });
  await runDrain(store, { producer: producerOf(() => ({ kind: 'rejected', reason: 'no' })) });
  expect(await retainAt(store, LATE_MS)).toEqual({ ...NOTHING, removed: 1 });
  expect(await readOrder(store, order.id, NOW_MS)).toMatchObject({ status: 'dead' });
  expect(await placesOf(store, order.id)).toEqual(['dead']);
});

test('an order that is kept does not keep those behind it', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 4);
  await runDrain(store);
  await store.redis.del(store.keys.state(ids[0] as string));
  expect(await retainAt(store, LATE_MS)).toEqual({ ...NOTHING, removed: 3, kept: 1 });
});

test('a record that was lost before is told, and one that comes back meanwhile stays', async () => {
  const store = freshStore();
  const order = await orderIn(store, 'produced');
  await store.redis.del(store.keys.order(order.id));
  const late: typeof store.client = {
    ...store.client,
    async repeatedly(send) {
      if (send.toString().includes('evaluated')) await submitOne(store, order);
      return store.client.repeatedly(send);
    },
  };
  const request = { segment: SEGMENT, beforeMs: LATE_MS, skipped: 0 };
  const { keys } = store;
  const forgotten = await forgetEndedBefore({ client: late, keys }, request);
  expect(forgotten).toMatchObject({ removed: 1, kept: 0, lost: [order.id] });
  await runDrain(store);
  expect(await readOrder(store, order.id, NOW_MS)).toMatchObject({ status: 'produced' });
});

test('an empty segment, as a cut-off settlement leaves one, keeps none behind it', async () => {
  const store = freshStore();
  const { redis, keys } = store;
  await redis.set(keys.fence, '100000');
  await orderIn(store, 'produced');
  await redis.zadd(keys.segments, { score: 0, member: SEGMENT });
  expect((await pass(store, { isRepair: true })).found).toEqual({});
  expect(await redis.zrange(keys.segments, 0, -1)).toEqual([segmentName('shop', 1)]);
  expect(await retainAt(store, LATE_MS)).toEqual({ ...NOTHING, removed: 1 });
});

test('an idempotency key is remembered for as long as its order, and makes a new order after that', async () => {
  const store = freshStore();
  const order = await orderIn(store, 'produced');
  expect(await submitOne(store, order)).toMatchObject({ kind: 'known' });
  await retainAt(store, LATE_MS);
  expect(await submitOne(store, { ...order, acceptedAtMs: LATE_MS })).toEqual({ kind: 'accepted' });
  await runDrain(store, { clock: steppedClock(LATE_MS) });
  const again = await readOrder(store, order.id, LATE_MS);
  expect(again).toMatchObject({ status: 'produced', orderNumber: 2 });
});

test('a client of whom nothing is kept is forgotten, and one of whom anything is kept is not', async () => {
  const store = freshStore();
  await orderIn(store, 'produced');
  await submitOne(store, newOrder('dying', { client: 'app' }));
  await runDrain(store, { producer: producerOf(() => ({ kind: 'rejected', reason: 'no' })) });
  await retainAt(store, LATE_MS);
  expect((await pass(store)).found).toEqual({});
  expect(await store.redis.zrange(store.keys.clients, 0, -1)).toEqual(['app', 'shop']);
  expect((await pass(store, { isRepair: true })).found).toEqual({});
  expect(await store.redis.zrange(store.keys.clients, 0, -1)).toEqual(['app']);
  await submitOne(store, newOrder('again'));
  expect(await runDrain(store)).toMatchObject({ produced: 1 });
});

test('over 20 days of traffic and five of retention the store stops growing, and live orders stay', async () => {
  const store = freshStore();
  const sizes: number[] = [];
  const live: string[] = [];
  for (let day = 0; day < 20; day += 1) {
    const nowMs = NOW_MS + day * DAY_MS;
    const orders = Array.from({ length: 6 }, (_, at) =>
      newOrder(`${day}-${at}`, { acceptedAtMs: nowMs }),
    );
    await submitAll(store, orders, nowMs);
    await cancel(store, { id: orders[0]?.id ?? '', nowMs });
    const dying = day % 10 === 0 ? orders[1]?.id : undefined;
    if (dying !== undefined) live.push(dying);
    await runDrain(store, {
      clock: steppedClock(nowMs + 1_000),
      producer: producerOf((id) =>
        id === dying
          ? { kind: 'rejected', reason: 'no' }
          : { kind: 'produced', orderNumber: 'next' },
      ),
    });
    const clock = steppedClock(nowMs + 2_000);
    expect((await pass(store, { clock, isRepair: true })).found).toEqual({});
    await retain({ store, clock, retentionMs: 5 * DAY_MS });
    sizes.push((await keysOf(store)).length - 2 * live.length);
  }
  expect(sizes[4]).toBeGreaterThan(sizes[3] ?? 0);
  expect(Math.max(...sizes.slice(8)) - Math.min(...sizes.slice(8))).toBeLessThanOrEqual(2);
  for (const id of live) expect((await readOrder(store, id, NOW_MS))?.status).toBe('dead');
  for (const key of await keysOf(store))
    expect([key, await store.redis.ttl(key)]).toEqual([key, -1]);
}, 60_000);

test('a dead order is discarded once its time is over, if there is one; its key stays used', async () => {
  const store = freshStore();
  const { id } = await orderIn(store, 'dead');
  const [, score] = await store.redis.zrange<string[]>(store.keys.dead('shop'), 0, -1, {
    withScores: true,
  });
  const at = (nowMs: number, deadRetentionMs?: number) =>
    retain({
      ...{ store, clock: steppedClock(nowMs), retentionMs: RETENTION_MS },
      ...(deadRetentionMs !== undefined && { deadRetentionMs }),
    });
  const endMs = Number(score) + 7 * DAY_MS;
  expect(await at(endMs + 100 * DAY_MS)).toEqual(NOTHING);
  expect(await at(endMs, 7 * DAY_MS)).toEqual(NOTHING);
  expect(await at(endMs + 1, 7 * DAY_MS)).toEqual({ ...NOTHING, discarded: 1 });
  expect(await at(endMs + 1, 7 * DAY_MS)).toEqual(NOTHING);
  expect(await findOrder(store, id, endMs)).toMatchObject({ kind: 'erased' });
  expect(await store.redis.get(store.keys.order(id))).not.toContain('17850');
  await runDrain(store, { clock: steppedClock(endMs + DAY_MS) });
  expect(await placesOf(store, id)).toEqual(['ended']);
  expect((await pass(store)).found).toEqual({});
  expect(await at(endMs + 2 * DAY_MS + RETENTION_MS, 7 * DAY_MS)).toMatchObject({ removed: 1 });
});
