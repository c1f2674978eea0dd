import { afterAll, expect, test } from 'vitest';
import { isSettled, reconcile } from '../../lib/maintenance/reconcile.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { runDrain } from '../support/drains.ts';
import { loseFrom, orderIn, PASS_MS, pass, placesOf, snapshot } from '../support/maintenance.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore as storeOn } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

const NOTHING = { found: {}, repaired: {}, unknown: 0, listed: [], isComplete: true };

test('what was repaired by making it due is produced once, also where it was queued after all', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 3);
  // A queue that is read from a replica which is behind looks empty.
  const report = await pass(store, {
    isRepair: true,
    wrap: (bare) => ({
      ...bare,
      page: (place, cursor) =>
        place === 'queue' ? Promise.resolve({ ids: [] }) : bare.page(place, cursor),
    }),
  });
  expect(report.repaired).toEqual({ stranded: 3 });
  const effects: string[] = [];
  await runDrain(store, {
    clock: steppedClock(PASS_MS),
    producer: async (orders) => {
      effects.push(...orders.map(({ id }) => id));
      return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
    },
  });
  expect(effects.sort()).toEqual(ids.sort());
  expect(await store.redis.exists(store.keys.queue, store.keys.pending)).toBe(0);
});

test('an order that has changed since the queue was searched for it is not taken for stranded', async () => {
  const store = freshStore();
  const { id } = await orderIn(store, 'queued');
  await loseFrom(store, 'queue', id);
  const { inspect } = maintenanceStore(store.client, store.keys);
  const options = { isRepair: true, isThorough: false, nowMs: PASS_MS, leaseEndMs: PASS_MS };
  const [first] = await inspect([{ id }], options);
  const mark = first?.kind === 'waits' ? first.mark : '';
  await store.redis.hset(store.keys.order(id), { updatedAtMs: String(NOW_MS + 1) });
  expect(await inspect([{ id, sought: mark }], options)).toMatchObject([{ kind: 'waits' }]);
  expect(await placesOf(store, id)).toEqual(['index']);
  await store.redis.hset(store.keys.order(id), { updatedAtMs: String(NOW_MS) });
  expect(await inspect([{ id, sought: mark }], options)).toEqual([{ id, kind: 'stranded' }]);
  expect(await placesOf(store, id)).toEqual(['index', 'pending']);
});

test('a lease without an end gets one, and its drain can still settle meanwhile', async () => {
  const store = freshStore();
  const { id } = await orderIn(store, 'leased');
  await loseFrom(store, 'pending', id);
  await pass(store, { isRepair: true });
  expect(await store.redis.zscore(store.keys.pending, id)).toBe(String(PASS_MS + 900_000));
  const token = Number(await store.redis.get(store.keys.fence));
  expect(await store.settle(token, [{ id, kind: 'produced' }], PASS_MS)).toEqual([true]);
});

test('a scheduled order that is stranded is due at its time, and not before', async () => {
  const store = freshStore();
  const { id, submission } = await orderIn(store, 'scheduled');
  await loseFrom(store, 'pending', id);
  await pass(store, { isRepair: true });
  expect(await store.redis.zscore(store.keys.pending, id)).toBe(String(submission.produceAtMs));
});

test('an order that cannot be read is told and left alone', async () => {
  const store = freshStore();
  const [text, half] = (await submitOrders(store, 2)) as [string, string];
  await store.redis.del(store.keys.order(text));
  await store.redis.set(store.keys.order(text), 'a string');
  await store.redis.hdel(store.keys.order(half), 'status');
  const before = await snapshot(store);
  const report = await pass(store, { isRepair: true });
  expect(report).toMatchObject({ found: { broken: 2 }, repaired: {} });
  expect(isSettled(report)).toBe(false);
  expect(await snapshot(store)).toEqual(before);
});

test('an order of a version or a status that is not known here is counted and left alone', async () => {
  const store = freshStore();
  const [newer, other] = (await submitOrders(store, 2)) as [string, string];
  await store.redis.hset(store.keys.order(newer), { v: '2' });
  await store.redis.hset(store.keys.order(other), { status: 'on-hold' });
  await store.redis.del(store.keys.queue);
  const before = await snapshot(store);
  expect(await pass(store, { isRepair: true })).toEqual({ ...NOTHING, orders: 2, unknown: 2 });
  expect(await snapshot(store)).toEqual(before);
});

test('orders of another prefix in the same database are none of its business', async () => {
  const store = freshStore();
  await store.redis.hset(`${store.prefix}order:ord_short`, { v: '1' });
  await store.redis.hset(`other:${store.prefix}order:${newOrder('a').id}`, { v: '1' });
  expect(await pass(store)).toEqual({ ...NOTHING, orders: 0 });
});

test('a pass stops when its time is up, and says that it is not complete', async () => {
  const store = freshStore();
  await submitOrders(store, 4);
  for (let steps = 0; ; steps += 1) {
    let left = steps;
    const clock = { now: () => (left-- > 0 ? 0 : 1) };
    const report = await reconcile({
      store: maintenanceStore(store.client, store.keys),
      clock,
      isRepair: true,
      deadlineMs: 1,
    });
    expect(report.found).toEqual({});
    if (report.isComplete) return expect(steps).toBeGreaterThan(9);
    expect(isSettled(report)).toBe(false);
  }
});

test('the first hundred findings are listed, and all are counted', async () => {
  const store = freshStore();
  await submitOrders(store, 120);
  await store.redis.del(store.keys.queue);
  const { found, listed } = await pass(store);
  expect([found, listed.length]).toEqual([{ stranded: 120 }, 100]);
});
