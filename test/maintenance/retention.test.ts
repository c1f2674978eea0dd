import { afterAll, describe, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { runDrain } from '../support/drains.ts';
import { orderIn, placesOf, STATES, type State } from '../support/maintenance.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore as storeOn, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

const DAY_MS = 86_400_000;
const RETENTION_MS = 30 * DAY_MS;
/** When everything of these tests has ended longer ago than it is kept. */
const LATE_MS = NOW_MS + 100 * DAY_MS;

function retainAt(store: TestStore, nowMs: number, pageSize = 3) {
  const maintenance = maintenanceStore(store.client, store.keys, { pageSize });
  const clock = steppedClock(nowMs);
  return retain({ store: maintenance, clock, retentionMs: RETENTION_MS });
}

async function keysOf(store: TestStore): Promise<string[]> {
  return (await store.redis.keys(`${store.prefix}*`)).sort();
}

const ENDED = ['produced', 'canceled'] as const;

test.each(ENDED)(
  'a %s order goes with all that is kept of it, once its time is over',
  async (state) => {
    const store = freshStore();
    const { id } = await orderIn(store, state);
    // It ended two seconds after it was submitted.
    const endedAtMs = NOW_MS + 2_000;
    const last = await retainAt(store, endedAtMs + RETENTION_MS);
    expect(last).toEqual({ produced: 0, canceled: 0, kept: 0, isComplete: true });
    expect(await store.read(id, NOW_MS)).toMatchObject({ status: state });

    const report = await retainAt(store, endedAtMs + RETENTION_MS + 1);
    expect(report).toEqual({ ...last, [state]: 1 });
    expect([await store.read(id, NOW_MS), await placesOf(store, id)]).toEqual([undefined, []]);
  },
);

const LIVE = (Object.keys(STATES) as State[]).filter(
  (state) => state !== 'produced' && state !== 'canceled',
);

test.each(LIVE)('a %s order never goes', async (state) => {
  const store = freshStore();
  await orderIn(store, state);
  const before = await keysOf(store);
  const report = await retainAt(store, LATE_MS);
  expect(report).toEqual({ produced: 0, canceled: 0, kept: 0, isComplete: true });
  expect(await keysOf(store)).toEqual(before);
});

test('orders go in steps of a page, and those that stay do not keep the others', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 20);
  await runDrain(store);
  // Every third is said to wait still: it is no longer only where produced orders are.
  const waiting = ids.filter((_, at) => at % 3 === 0);
  for (const id of waiting) await store.redis.zadd(store.keys.pending, { score: 1, member: id });
  expect(await retainAt(store, LATE_MS)).toEqual({
    produced: 13,
    canceled: 0,
    kept: 7,
    isComplete: true,
  });
  const left = await store.redis.zrange<string[]>(store.keys.index, 0, -1);
  expect(left.sort()).toEqual(waiting.sort());
});

test('a run stops when its time is up, and the next one goes on', async () => {
  const store = freshStore();
  await submitOrders(store, 9);
  await runDrain(store);
  let looks = 0;
  const clock = { now: () => LATE_MS + looks++ };
  const maintenance = maintenanceStore(store.client, store.keys, { pageSize: 3 });
  const options = { store: maintenance, retentionMs: RETENTION_MS };
  const first = await retain({ ...options, clock, deadlineMs: LATE_MS + 3 });
  expect(first).toEqual({ produced: 6, canceled: 0, kept: 0, isComplete: false });
  expect(await retainAt(store, LATE_MS)).toMatchObject({ produced: 3, isComplete: true });
});

test('forgetting looks at the time itself, and sent twice answers the same', async () => {
  const store = freshStore();
  const { id } = await orderIn(store, 'produced');
  const { forget } = maintenanceStore(store.client, store.keys);
  // The list that an id was taken from may be old.
  expect(await forget('finished', [id], NOW_MS)).toBe(0);
  expect([
    await forget('finished', [id], LATE_MS),
    await forget('finished', [id], LATE_MS),
  ]).toEqual([1, 1]);
});

test('an order that is owned or has been submitted anew is not forgotten, whatever list it is in', async () => {
  const store = freshStore();
  const { redis, keys } = store;
  const { id: leased } = await orderIn(store, 'leased');
  await redis.zadd(keys.finished, { score: NOW_MS, member: leased });
  await redis.zrem(keys.pending, leased);
  // Canceled, and brought back by a version that did not know better.
  const anew = await orderIn(store, 'canceled');
  await redis.hset(keys.order(anew.id), { status: 'queued' });
  expect(await retainAt(store, LATE_MS)).toEqual({
    produced: 0,
    canceled: 0,
    kept: 2,
    isComplete: true,
  });
  expect(await redis.exists(keys.order(leased), keys.order(anew.id))).toBe(2);
});

describe('a canceled order whose id still waits', () => {
  test('in the queue stays until it has surfaced, so that no id is left without its order', async () => {
    const store = freshStore();
    const [canceled] = (await submitOrders(store, 2)) as [string];
    await store.cancel({ id: canceled, nowMs: NOW_MS });
    expect(await retainAt(store, LATE_MS)).toMatchObject({ canceled: 0, kept: 1 });
    const { orders, broken } = await store.claim(claimRequest({ nowMs: LATE_MS }));
    expect([orders.length, broken]).toEqual([1, []]);
    expect(await retainAt(store, LATE_MS)).toMatchObject({ canceled: 1, kept: 0 });
  });

  test('goes at once where all that is queued was accepted after it had ended', async () => {
    const store = freshStore();
    await orderIn(store, 'canceled');
    await store.submit(newOrder('later', { acceptedAtMs: LATE_MS - 1 }));
    expect(await retainAt(store, LATE_MS)).toMatchObject({ canceled: 1, kept: 0 });
  });

  test('in the pending stays until it is due', async () => {
    const store = freshStore();
    const { id } = await orderIn(store, 'scheduled');
    await store.cancel({ id, nowMs: NOW_MS });
    expect(await retainAt(store, LATE_MS)).toMatchObject({ canceled: 0, kept: 1 });
    await store.claim(claimRequest({ nowMs: LATE_MS }));
    expect(await retainAt(store, LATE_MS)).toMatchObject({ canceled: 1 });
  });
});

test('an idempotency key is remembered for as long as its order, and makes a new order after that', async () => {
  const store = freshStore();
  const order = await orderIn(store, 'produced');
  expect(await store.submit(order)).toMatchObject({ kind: 'known' });
  await retainAt(store, LATE_MS);
  expect(await store.submit({ ...order, acceptedAtMs: LATE_MS })).toEqual({ kind: 'accepted' });
  await runDrain(store, { clock: steppedClock(LATE_MS) });
  expect(await store.read(order.id, LATE_MS)).toMatchObject({ status: 'produced', orderNumber: 2 });
});

test('over 75 days the store stops growing, live orders stay, and nothing but a lock has a TTL', async () => {
  const store = freshStore();
  const live: string[] = [];
  const sizes: number[] = [];
  for (let day = 0; day < 75; day += 1) {
    const nowMs = NOW_MS + day * DAY_MS;
    const orders = Array.from({ length: 6 }, (_, at) =>
      newOrder(`${day}-${at}`, { acceptedAtMs: nowMs }),
    );
    await store.submitAll(orders, nowMs);
    await store.cancel({ id: orders[0]?.id ?? '', nowMs });
    await runDrain(store, { clock: steppedClock(nowMs + 1_000) });
    if (day % 25 === 0) {
      // One that dies, and one for a day beyond the test's: they count for as long as they wait.
      const later = newOrder(`${day}-later`, {
        submission: { produceAtMs: NOW_MS + 80 * DAY_MS },
        acceptedAtMs: nowMs,
      });
      const dying = newOrder(`${day}-dying`, { acceptedAtMs: nowMs });
      await store.submitAll([later, dying], nowMs);
      const { token } = await store.claim(claimRequest({ nowMs }));
      await store.settle(token, [{ id: dying.id, kind: 'dead', reason: 'x' }], nowMs);
      live.push(later.id, dying.id);
    }
    expect(await retainAt(store, nowMs + 2_000)).toMatchObject({ kept: 0, isComplete: true });
    sizes.push((await keysOf(store)).length - live.length);
  }
  // 30 days of six orders, and no more: from the 31st day on, as many go as come.
  expect(sizes[29]).toBeGreaterThan(sizes[28] ?? 0);
  expect(new Set(sizes.slice(35)).size).toBe(1);
  const { redis, keys, client } = store;
  expect(await redis.zcard(keys.index)).toBe(6 * 30 + live.length);
  for (const id of live) {
    expect(['scheduled', 'dead']).toContain((await store.read(id, NOW_MS))?.status);
  }
  for (const key of await keysOf(store)) expect([key, await redis.ttl(key)]).toEqual([key, -1]);
  const report = await reconcile({
    store: maintenanceStore(client, keys),
    clock: steppedClock(NOW_MS + 75 * DAY_MS),
    isRepair: false,
  });
  expect(report).toMatchObject({ found: {}, isComplete: true });
}, 60_000);

test('canceled orders, too, are forgotten until the time is up and no longer', async () => {
  let nowMs = 0;
  const store = {
    endedBefore: async (place: string) => (place === 'canceled' ? ['id'] : []),
    forget: async () => {
      nowMs += 10;
      return 1;
    },
  };
  const options = { store, clock: { now: () => nowMs }, retentionMs: 1, deadlineMs: 100 };
  expect(await retain(options)).toMatchObject({ canceled: 10, isComplete: false });
});
