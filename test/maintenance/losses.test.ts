import { afterAll, expect, test } from 'vitest';
import type { Findings } from '../../lib/maintenance/findings.ts';
import { isSettled } from '../../lib/maintenance/reconcile.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { runDrain } from '../support/drains.ts';
import {
  ALL_DUE_MS,
  ALL_STATES,
  loseFrom,
  orderIn,
  pass,
  placesOf,
  STATES,
  type State,
  snapshot,
} from '../support/maintenance.ts';
import { newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { readOrder, freshStore as storeOn, submitOne, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

async function oneOfEach(store: TestStore) {
  const ids = {} as Record<State, string>;
  for (const state of ALL_STATES) ids[state] = (await orderIn(store, state)).id;
  return ids;
}

test('where nothing is lost, nothing is found and nothing is changed but what has been checked', async () => {
  const store = freshStore();
  await oneOfEach(store);
  const before = await snapshot(store);
  const report = await pass(store, { isRepair: true, isThorough: true });
  expect(report).toEqual({ orders: 7, found: {}, repaired: {}, listed: [], isComplete: true });
  const after = await snapshot(store);
  for (const key of [store.keys.checked, store.keys.bytes, store.keys.upkeep]) delete after[key];
  expect(after).toEqual(before);
});

interface Loss {
  readonly what: string;
  readonly state: State;
  readonly lose: (store: TestStore, id: string) => Promise<unknown>;
  readonly found: Findings;
  /** What of it is repaired; all of it if left out. */
  readonly repaired?: Findings;
  /** Where the order is after that; where it was if left out. */
  readonly places?: readonly string[];
}

const LOSSES: Loss[] = [
  ...(['queued', 'scheduled', 'retry', 'dead', 'produced', 'canceled'] as const).map(
    (state): Loss => ({
      what: 'its entry in its place',
      state,
      lose: (store, id) => loseFrom(store, STATES[state].places[0], id),
      found: { stranded: 1 },
      places: STATES[state].places[0] === 'ended' ? ['ended'] : ['pending'],
    }),
  ),
  {
    what: 'its entry in pending',
    state: 'leased',
    lose: (store, id) => loseFrom(store, 'pending', id),
    found: { stranded: 1 },
    places: ['owners', 'pending'],
  },
  ...ALL_STATES.map(
    (state): Loss => ({
      what: 'its record',
      state,
      lose: (store, id) => store.redis.del(store.keys.order(id)),
      found: { lost: 1 },
      repaired: {},
    }),
  ),
  {
    what: 'its state',
    state: 'dead',
    lose: (store, id) => store.redis.del(store.keys.state(id)),
    found: { misplaced: 1 },
    places: ['pending'],
  },
  {
    what: 'its state',
    state: 'produced',
    lose: ({ redis, keys }, id) => redis.del(keys.state(id)),
    found: { lost: 1 },
    repaired: {},
  },
  {
    what: 'all that is kept of its client',
    state: 'queued',
    lose: async ({ redis, keys }) => {
      await redis.del(keys.queue('shop'));
      await redis.zrem(keys.clients, 'shop');
    },
    found: { stranded: 1 },
    places: ['pending'],
  },
  ...ALL_STATES.map(
    (state): Loss => ({
      what: 'its client in order_clients',
      state,
      lose: ({ redis, keys }) => redis.zrem(keys.clients, 'shop'),
      found: { unserved: 1 },
    }),
  ),
  ...(['queued', 'scheduled', 'retry'] as const).map(
    (state): Loss => ({
      what: 'the time at which its client is looked at',
      state,
      lose: ({ redis, keys }) => redis.exec(['ZADD', keys.clients, '+inf', 'shop']),
      found: { unserved: 1 },
    }),
  ),
  {
    what: 'the catalogue of ended segments',
    state: 'produced',
    lose: ({ redis, keys }) => redis.zrem(keys.segments, segmentName('shop', 0)),
    found: { uncatalogued: 1 },
  },
  {
    what: 'its whole ended segment',
    state: 'canceled',
    lose: async ({ redis, keys }) => {
      await redis.zrem(keys.segments, segmentName('shop', 0));
      await redis.del(keys.ended('shop', 0));
    },
    found: { stranded: 1 },
  },
  ...(['produced', 'canceled'] as const).map(
    (state): Loss => ({
      what: 'the totals',
      state,
      lose: ({ redis, keys }) => redis.del(keys.totals),
      found: { totals: 1 },
    }),
  ),
  {
    what: 'the order number',
    state: 'produced',
    lose: ({ redis, keys }) => redis.del(keys.number),
    found: { counter: 1 },
  },
  ...(['produced', 'dead', 'retry', 'leased'] as const).map(
    (state): Loss => ({
      what: 'the fence',
      state,
      lose: ({ redis, keys }) => redis.del(keys.fence),
      found: { counter: 1 },
    }),
  ),
];

test.each(LOSSES)(
  'of an order that is $state, $what is lost: found in one pass, and repaired if it can be',
  async ({ state, lose, found, repaired = found, places = STATES[state].places }) => {
    const store = freshStore();
    // A second order of another client, of which nothing may be said.
    await submitOne(store, newOrder('other', { client: 'other' }));
    await runDrain(store);
    const { id } = await orderIn(store, state);
    await lose(store, id);
    await submitOne(store, newOrder('other', { client: 'other' }));

    const before = await snapshot(store);
    const told = await pass(store);
    expect([told.found, told.repaired]).toEqual([found, {}]);
    expect(await snapshot(store)).toEqual(before);

    const report = await pass(store, { isRepair: true });
    expect([report.found, report.repaired]).toEqual([found, repaired]);
    expect(isSettled(report)).toBe(repaired === found);
    expect(await placesOf(store, id)).toEqual([...places].sort());
    const again = await pass(store, { isRepair: true, isThorough: true });
    expect(again.found).toEqual(
      again.repaired.counter ? {} : repaired === found ? {} : again.found,
    );
  },
);

test('what is repaired is produced once, or is where it was', async () => {
  for (const loss of LOSSES.filter(({ repaired }) => repaired === undefined)) {
    const store = freshStore();
    const { id } = await orderIn(store, loss.state);
    await loss.lose(store, id);
    await pass(store, { isRepair: true });
    const ended = await runDrain(store, { clock: steppedClock(ALL_DUE_MS) });
    const order = await readOrder(store, id, ALL_DUE_MS);
    const isEnded = loss.state === 'produced' || loss.state === 'canceled';
    const isDead = loss.state === 'dead' && loss.what !== 'its state';
    expect([loss.what, ended.produced, order?.status]).toEqual([
      loss.what,
      isEnded || isDead || loss.state === 'leased' ? 0 : 1,
      isEnded || isDead ? loss.state : loss.state === 'leased' ? order?.status : 'produced',
    ]);
    expect((await pass(store, { isThorough: true })).found).toEqual({});
  }
});
