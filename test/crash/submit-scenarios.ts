import { expect } from 'vitest';
import { backPressure } from '../../lib/intake/back-pressure.ts';
import { submitOrders } from '../../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { cancelStore } from '../../lib/redis/cancel-store.ts';
import { intakeStore } from '../../lib/redis/intake-store.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submission } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import type { Scenario } from './lives.ts';
import type { Life } from './mortal.ts';
import { outcomesOf } from './outcomes.ts';

const HOUR_MS = 60 * 60 * 1_000;

type Server = Parameters<typeof freshStore>[0];

interface Intake {
  readonly store: TestStore;
  /** What the client has been told by the last of its repeats. */
  told: readonly string[];
}

interface Variation {
  /** The idempotency keys of one request. */
  readonly keys: readonly string[];
  /** Orders that are there before. */
  readonly known?: readonly string[];
  /** Orders that are for later. */
  readonly later?: readonly string[];
  readonly forgetsScripts?: boolean;
}

const VARIATIONS: Record<string, Variation> = {
  'a submit of one order': { keys: ['a'] },
  'a submit of an order for later': { keys: ['a'], later: ['a'] },
  'a submit of many orders, some known, some for later, one twice': {
    keys: ['a', 'b', 'c', 'd', 'b', 'e'],
    known: ['c', 'd'],
    later: ['d', 'e'],
  },
  'a submit to a Redis that has forgotten its scripts': { keys: ['a', 'b'], forgetsScripts: true },
};

/** Every kind of submit, on a Redis that no other test uses: some of them make it forget its scripts. */
export function submitScenarios(server: Server): Scenario<Intake>[] {
  return Object.entries(VARIATIONS).map(([name, variation]) => ({
    name,
    async begin() {
      const store = freshStore(server);
      const known = (variation.known ?? []).map((key) => orderOf(key, variation));
      if (known.length > 0) await store.submitAll(known, NOW_MS);
      return { store, told: [] };
    },
    async live(intake, life, number) {
      if (variation.forgetsScripts) await intake.store.redis.scriptFlush();
      const there = await expectWhole(intake.store, variation);
      intake.told = await submitOnce(intake.store, variation, life, number);
      const accepted = variation.keys.filter((_key, at) => intake.told[at] === 'accepted');
      expect(accepted).toEqual([...new Set(variation.keys)].filter((key) => !there.includes(key)));
    },
    check: (intake) => check(intake, variation),
  }));
}

function orderOf(key: string, { later = [] }: Variation) {
  const isLater = later.includes(key);
  return newOrder(key, isLater ? { submission: { produceAtMs: NOW_MS + HOUR_MS } } : {});
}

async function submitOnce(store: TestStore, variation: Variation, life: Life, number: number) {
  const intake = intakeStore(life.guard('redis', store.client), store.keys);
  const dependencies = { store: intake, backPressure: backPressure(100), metrics: NO_METRICS };
  const requests = variation.keys.map((key) => {
    const submitted = submission(orderOf(key, variation).submission);
    return { client: 'shop', idempotencyKey: key, submission: submitted };
  });
  const nowMs = NOW_MS + number;
  const answer = await submitOrders(life.guard('intake', dependencies), requests, nowMs);
  return answer.kind === 'answered' ? answer.outcomes.map(({ kind }) => kind) : [];
}

/**
 * Between lives, each order is there with all that belongs to it, or with nothing of it.
 *
 * @returns the keys of those that are there
 */
async function expectWhole(store: TestStore, variation: Variation): Promise<string[]> {
  const there: string[] = [];
  for (const key of new Set(variation.keys)) {
    const { id } = orderOf(key, variation);
    const { index, queue, pending, order } = store.keys;
    const [kept, score, queuedAt, dueAt] = (await store.redis
      .pipeline()
      .exists(order(id))
      .zscore(index, id)
      .lpos(queue, id)
      .zscore(pending, id)
      .exec()) as unknown[];
    const isThere = kept === 1;
    const isPlaced = queuedAt !== null || dueAt !== null;
    expect([score !== null, isPlaced], key).toEqual([isThere, isThere]);
    if (isThere) there.push(key);
  }
  return there;
}

async function check({ store, told }: Intake, variation: Variation) {
  expect(told.filter((kind) => kind !== 'accepted' && kind !== 'replayed')).toEqual([]);
  expect(told).toHaveLength(variation.keys.length);
  await expectWhole(store, variation);
  const ids = [...new Set(variation.keys)].map((key) => orderOf(key, variation).id);
  await runDrain(store, { clock: steppedClock(NOW_MS + 2 * HOUR_MS) });
  const outcomes = await outcomesOf(store, ids);
  expect(outcomes).toMatchObject(ids.map(() => ({ status: 'produced', attempts: 1 })));
  const numbers = outcomes.map(({ orderNumber }) => orderNumber);
  expect(numbers.toSorted()).toEqual(ids.map((_, index) => index + 1));
  expect(await store.redis.zcard(store.keys.index)).toBe(ids.length);
}

/** A cancel is repeated until it is answered, and what is canceled is never produced. */
export function cancelScenario(server: Server): Scenario<TestStore> {
  const { id } = newOrder('a');
  return {
    name: 'a cancel',
    async begin() {
      const store = freshStore(server, { isAnnounced: true });
      await store.submit(newOrder('a'));
      return store;
    },
    async live({ client, keys }, life, number) {
      const events = await client.redis.llen(keys.events);
      expect(events).toBe(await client.redis.zcard(keys.canceled));
      const guarded = cancelStore(life.guard('redis', client), keys, { isAnnounced: true });
      const store = life.guard('store', guarded);
      return store.cancel({ id, client: 'shop', nowMs: NOW_MS + 1 + number });
    },
    async check(store) {
      expect(await store.cancel({ id, nowMs: NOW_MS + 2 })).toEqual({ kind: 'canceled' });
      await runDrain(store);
      expect(await store.redis.llen(store.keys.events)).toBe(1);
      expect(await outcomesOf(store, [id])).toMatchObject([{ status: 'canceled', attempts: 0 }]);
      expect(await store.redis.exists(store.keys.queue, store.keys.owners)).toBe(0);
    },
  };
}
