import { afterAll, describe, expect, test } from 'vitest';
import { isSettled } from '../../lib/maintenance/reconcile.ts';
import { runDrain } from '../support/drains.ts';
import {
  ALL_DUE_MS,
  loseFrom,
  orderIn,
  pass,
  placesOf,
  STATES,
  type State,
  type StatePlace,
  snapshot,
} from '../support/maintenance.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
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
