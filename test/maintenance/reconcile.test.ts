import { afterAll, describe, expect, test } from 'vitest';
import { isSettled, reconcile } from '../../lib/maintenance/reconcile.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { runDrain } from '../support/drains.ts';
import {
  ALL_DUE_MS,
  loseFrom,
  orderIn,
  PASS_MS,
  pass,
  placesOf,
  STATES,
  type State,
  type StatePlace,
} from '../support/maintenance.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore as storeOn, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

const NOTHING = { found: {}, repaired: {}, unknown: 0, listed: [], isComplete: true };
const ALL_STATES = Object.keys(STATES) as State[];

/** An order of each state, and one that waits beside them. */
async function oneOfEach(store: TestStore) {
  // What is claimed on its way to a state must be the only order that waits.
  const order = ['leased', 'retry', 'produced', 'dead', 'canceled', 'scheduled', 'queued'] as const;
  const ids: Partial<Record<State, string>> = {};
  for (const state of order) ids[state] = (await orderIn(store, state)).id;
  return ids as Record<State, string>;
}

async function snapshot(store: TestStore): Promise<Record<string, string | null>> {
  const keys = (await store.redis.keys(`${store.prefix}*`)).sort();
  const dumps = keys.map(async (key) => [key, await store.redis.exec<string>(['DUMP', key])]);
  return Object.fromEntries(await Promise.all(dumps));
}

test('a store where all is well has nothing to tell, and is not touched', async () => {
  const store = freshStore();
  await oneOfEach(store);
  const before = await snapshot(store);
  expect(await pass(store)).toEqual({ ...NOTHING, orders: 7 });
  expect(await pass(store, { isRepair: true })).toEqual({ ...NOTHING, orders: 7 });
  expect(await snapshot(store)).toEqual(before);
});

test('an empty store has nothing to tell', async () => {
  const report = await pass(freshStore(), { isRepair: true });
  expect(report).toEqual({ ...NOTHING, orders: 0 });
  expect(isSettled(report)).toBe(true);
});

/** Each way to lose an entry of an order, or several of them, in each state. */
const LOSSES = ALL_STATES.flatMap((state) => {
  const entries: (StatePlace | 'index' | 'hash')[] = ['hash', 'index', ...STATES[state].places];
  const subsets = Array.from({ length: 2 ** entries.length - 1 }, (_, bits) =>
    entries.filter((_, at) => (bits + 1) & (1 << at)),
  );
  return subsets.map((lost) => ({ state, lost }));
});

/** What there is to tell of a loss; nothing can where nothing is left, or nothing is amiss. */
function expectedKinds(state: State, lost: readonly string[]): string[] {
  const places: readonly string[] = STATES[state].places;
  const isGone = (entry: string) => lost.includes(entry);
  if (isGone('hash')) {
    return ['index', ...places].every(isGone) ? [] : ['lost'];
  }
  const kinds = isGone('index') ? ['unindexed'] : [];
  const isEnded = ['produced', 'dead', 'canceled'].includes(state);
  if (isEnded && places.some(isGone)) kinds.push('unplaced');
  // A lease that has lost its owner is one that waits: it is claimed again when it ends.
  if (isGone('pending') && state === 'leased' && !isGone('owners')) kinds.push('endless');
  else if (isGone('pending') || isGone('queue')) kinds.push('stranded');
  return kinds.sort();
}

test.each(LOSSES)(
  'of an order that is $state, the loss of its $lost is found within one pass, told and repaired',
  async ({ state, lost }) => {
    const store = freshStore();
    const order = await orderIn(store, state);
    await submitOrders(store, 5);
    for (const entry of lost) await loseFrom(store, entry, order.id);

    const told = await pass(store);
    const repairing = await pass(store, { isRepair: true });
    const kinds = expectedKinds(state, lost);
    const isLost = kinds.includes('lost');
    expect(told.listed.map(({ kind }) => kind).sort()).toEqual(kinds);
    expect(told.listed.every(({ id }) => id === order.id)).toBe(true);
    expect(told.repaired).toEqual({});
    expect([isSettled(told), isSettled(repairing)]).toEqual([kinds.length === 0, !isLost]);
    expect(repairing.found).toEqual(told.found);
    expect(repairing.repaired).toEqual(isLost ? {} : told.found);
    expect((await pass(store)).found).toEqual(isLost ? { lost: 1 } : {});

    if (lost.includes('hash')) return;
    const live = STATES[state].places.every((place) => /queue|pending|owners/.test(place));
    expect(await placesOf(store, order.id)).toContain('index');
    await runDrain(store, { clock: steppedClock(ALL_DUE_MS), limits: { batchSize: 500 } });
    const status = live ? 'produced' : state;
    expect(await store.read(order.id, ALL_DUE_MS)).toMatchObject({ status });
    expect((await pass(store)).found).toEqual({});
  },
);

test('an id whose order is gone is told with the time that the order was accepted', async () => {
  const store = freshStore();
  const { id } = await orderIn(store, 'queued');
  await loseFrom(store, 'hash', id);
  const { listed } = await pass(store, { isRepair: true });
  expect(listed).toEqual([{ kind: 'lost', id, acceptedAtMs: NOW_MS }]);
});

describe('an order in two places', () => {
  const WRONG = {
    queued: ['dead', 'finished', 'canceled'],
    scheduled: ['dead', 'finished', 'canceled'],
    leased: ['dead', 'finished', 'canceled'],
    retry: ['dead', 'finished', 'canceled'],
    produced: ['dead', 'canceled', 'pending', 'owners'],
    dead: ['finished', 'canceled', 'pending', 'owners'],
    canceled: ['dead', 'finished', 'owners'],
  } as const satisfies Record<State, readonly string[]>;
  const cases = ALL_STATES.flatMap((state) => WRONG[state].map((place) => ({ state, place })));

  test.each(cases)('is taken out of $place where it is $state', async ({ state, place }) => {
    const store = freshStore();
    const { id } = await orderIn(store, state);
    const before = await placesOf(store, id);
    const { redis, keys } = store;
    if (place === 'owners') await redis.hset(keys.owners, { [id]: '1:1:someone' });
    else await redis.zadd(keys[place], { score: NOW_MS, member: id });
    const report = await pass(store, { isRepair: true });
    expect(report).toMatchObject({ found: { surplus: 1 }, repaired: { surplus: 1 } });
    expect(await placesOf(store, id)).toEqual(before);
    expect((await pass(store)).found).toEqual({});
  });

  test('is left there where it surfaces by itself: queued twice, queued though it has ended', async () => {
    const store = freshStore();
    const ids = await oneOfEach(store);
    for (const id of Object.values(ids)) await store.redis.lpush(store.keys.queue, id);
    await store.redis.zadd(store.keys.pending, { score: NOW_MS, member: ids.canceled });
    expect((await pass(store, { isRepair: true })).found).toEqual({});
  });
});

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
  const options = { isRepair: true, nowMs: PASS_MS, leaseEndMs: PASS_MS };
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

describe('a counter', () => {
  async function producedOrders(store: TestStore, count: number) {
    const ids = await submitOrders(store, count);
    await runDrain(store, { limits: { batchSize: 2 } });
    return ids;
  }

  test.each(['gone', 'behind'])('that is %s is raised past all that orders bear', async (how) => {
    const store = freshStore();
    await producedOrders(store, 8);
    const { redis, keys } = store;
    await redis.del(keys.number, keys.fence);
    if (how === 'behind') await redis.mset({ [keys.number]: '3', [keys.fence]: '1' });
    const told = await pass(store);
    expect([told.found, isSettled(told)]).toEqual([{ counter: 2 }, false]);
    const report = await pass(store, { isRepair: true });
    expect([report.repaired, isSettled(report)]).toEqual([{ counter: 2 }, true]);
    expect(await redis.mget(keys.number, keys.fence)).toEqual(['8', '4']);
    expect((await pass(store)).found).toEqual({});
  });

  test('goes past the largest number, also where few orders were asked for theirs', async () => {
    const store = freshStore();
    const ids = await producedOrders(store, 30);
    await store.redis.del(store.keys.number);
    // Only the first order is asked: it bears the number 1, and the counter is at 0.
    await pass(store, {
      isRepair: true,
      wrap: (bare) => ({ ...bare, bearers: () => Promise.resolve(ids.slice(0, 1)) }),
    });
    expect(await store.numbers.take(1)).toBe(31);
  });
});
