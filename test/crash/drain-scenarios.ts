import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { drainSlot } from '../../lib/production/drain-slot.ts';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import { acquireLock } from '../../lib/redis/lock.ts';
import { productionStore } from '../../lib/redis/production-store.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import { type Ledger, ledger } from './ledger.ts';
import type { Scenario } from './lives.ts';
import { outcomesOf } from './outcomes.ts';

const ORDERS = 4;
const LIMITS = { batchSize: 2, leaseMs: 30_000, attemptsMax: 10 };
const LOCK_LEASE_MS = 30_000;
const HOUR_MS = 60 * 60 * 1_000;

type Server = Parameters<typeof freshStore>[0];

export interface DrainWorld {
  readonly store: TestStore;
  readonly ids: readonly string[];
  readonly ledger: Ledger;
}

interface Variation {
  /** What becomes of an order, by its place and attempts, where it is not simply produced. */
  readonly answer?: (place: number, attempts: number) => ProducerAnswer | 'forget' | undefined;
  /** The place of an order that `answer` rejects. */
  readonly rejects?: number;
  /** What comes between the drain and its producer. */
  readonly between?: (producer: Producer, stage: Stage) => Producer;
  /** How long the drain has, and how long a claim takes. */
  readonly timeMs?: number;
  readonly claimMs?: number;
  /** Whether Redis has just been restarted, and knows no script. */
  readonly forgetsScripts?: boolean;
  /** Attempts that an order may have besides one for each life. */
  readonly ownAttempts?: number;
}

interface Stage {
  readonly clock: SteppedClock;
  readonly ids: readonly string[];
  /** Resolves when the leases have next been extended. */
  extended(): Promise<void>;
}

const RETRY: ProducerAnswer = { kind: 'retry', reason: 'busy' };

/** Throws for every batch with the fourth order in it, and once for that order alone. */
function throwing(producer: Producer, { ids }: Stage): Producer {
  return async (orders, context) => {
    const spoilt = orders.find(({ id }) => id === ids[3]);
    if (spoilt && (orders.length > 1 || spoilt.attempts === 1)) throw new Error('no such sku');
    return producer(orders, context);
  };
}

/** Takes so long that the leases must be extended meanwhile. */
function slow(producer: Producer, { clock, extended }: Stage): Producer {
  return async (orders, context) => {
    const isExtended = extended();
    clock.step(LIMITS.leaseMs / 3);
    await isExtended;
    return producer(orders, context);
  };
}

const VARIATIONS: Record<string, Variation> = {
  'a drain of several batches': {},
  'a drain whose producer has orders retried, forgets some, and rejects others': {
    answer: (place, attempts) => {
      if (place === 2) return { kind: 'rejected', reason: 'no such sku' };
      if (attempts > 1) return undefined;
      return place === 0 ? RETRY : place === 3 ? 'forget' : undefined;
    },
    rejects: 2,
    ownAttempts: 1,
  },
  'a drain whose producer throws': { between: throwing, ownAttempts: 1 },
  'a drain whose producer is slow': { between: slow },
  'a drain that claims too late to produce': { timeMs: 20_000, claimMs: 13_000 },
  'a drain on a Redis that has forgotten its scripts': { forgetsScripts: true },
};

/** Every kind of drain, on a Redis that no other test uses: some of them make it forget its scripts. */
export function drainScenarios(server: Server): Scenario<DrainWorld>[] {
  return Object.entries(VARIATIONS).map(([name, variation]) => ({
    name,
    begin: () => begin(server, variation),
    live: async (world, life, number) => {
      await endLock(world.store);
      const clock = steppedClock(NOW_MS + (number + 1) * 10 * HOUR_MS);
      return drainOnce(world, variation, clock, life.guard);
    },
    check: (world, lives) => check(world, variation, lives),
  }));
}

/** Some orders wait in the queue and one, scheduled, elsewhere. */
async function begin(server: Server, { answer }: Variation): Promise<DrainWorld> {
  const store = freshStore(server, { isAnnounced: true });
  const orders = Array.from({ length: ORDERS }, (_, place) => {
    const produceAtMs = NOW_MS + HOUR_MS;
    return newOrder(`key-${place}`, place === 1 ? { submission: { produceAtMs } } : {});
  });
  await store.submitAll(orders, NOW_MS);
  const ids = orders.map(({ id }) => id);
  return { store, ids, ledger: ledger(({ id, attempts }) => answer?.(ids.indexOf(id), attempts)) };
}

type Guard = <T>(name: string, dependency: T) => T;

/** One drain as `functions/drain-queue.ts` puts it together, with all that it depends on guarded. */
async function drainOnce(
  { store, ids, ledger: { producer } }: DrainWorld,
  { between, claimMs = 0, timeMs = 60_000, forgetsScripts }: Variation,
  clock: SteppedClock,
  guard: Guard,
) {
  if (forgetsScripts) await store.redis.scriptFlush();
  const client = guard('redis', store.client);
  let onExtended = () => {};
  const stage = { clock, ids, extended: () => new Promise<void>((done) => (onExtended = done)) };
  const { claim, extend, ...others } = productionStore(client, store.keys, randomUUID(), {
    isAnnounced: true,
  });
  const dependencies = {
    store: {
      ...others,
      claim: async (request: Parameters<typeof claim>[0]) => {
        const claimed = await claim(request);
        clock.step(claimMs);
        return claimed;
      },
      extend: async (...call: Parameters<typeof extend>) => {
        const held = await extend(...call);
        onExtended();
        return held;
      },
    },
    producer: between?.(guard('behind', producer), stage) ?? producer,
    clock,
    random: () => 0.5,
    log: () => undefined,
    metrics: NO_METRICS,
    lock: () => {
      const request = { client, clock, key: store.keys.lock(0), leaseMs: LOCK_LEASE_MS };
      return acquireLock({ ...request, token: randomUUID() });
    },
  };
  return drainSlot(guard('drain', dependencies), LIMITS, clock.now() + timeMs);
}

/** Lets what is left be drained, and looks whether every order took effect once. */
async function check(world: DrainWorld, variation: Variation, lives: number) {
  const { store, ids, ledger: behind } = world;
  const { queue, pending, owners, finished, dead } = store.keys;
  const { claimMs: _, timeMs: __, forgetsScripts: ___, ...well } = variation;
  const clock = steppedClock(NOW_MS + 1_000 * HOUR_MS);
  for (let drains = 0; drains < 4; drains += 1) {
    await endLock(store);
    if ((await store.redis.exists(queue, pending)) === 0) break;
    await drainOnce(world, well, clock, (_name, same) => same);
    clock.step(HOUR_MS);
  }
  const orders = await outcomesOf(store, ids);
  for (const [place, order] of orders.entries()) {
    const id = ids[place] as string;
    const isRejected = place === variation.rejects;
    expect(order?.status, id).toBe(isRejected ? 'dead' : 'produced');
    expect(order?.orderNumber, id).toBe(behind.effects.get(id));
    expect(behind.effects.has(id), id).toBe(!isRejected);
    // Each death costs an attempt at most, and so does being handed over.
    expect(order?.attempts, id).toBeLessThanOrEqual(lives + (variation.ownAttempts ?? 0));
    expect(behind.calls.get(id), id).toBeLessThanOrEqual(order?.attempts ?? 0);
  }
  // One event for each order that has ended, however often its drain died.
  const events = await store.redis.lrange(store.keys.events, 0, -1);
  const told = events.map((event) => event.split(':').slice(0, 2).join(':'));
  expect(told.toSorted()).toEqual(
    ids.map((id, place) => `${id}:${place === variation.rejects ? 'dead' : 'produced'}`).toSorted(),
  );
  const rejected = variation.rejects === undefined ? 0 : 1;
  const { redis } = store;
  const left = await redis
    .pipeline()
    .zcard(finished)
    .zcard(dead)
    .exists(queue, pending, owners)
    .exec();
  expect(left).toEqual([ids.length - rejected, rejected, 0]);
}

/** A lock that a death left behind ends by itself; the test sees that it would, and goes on. */
async function endLock({ redis, keys }: TestStore) {
  const leftMs = await redis.pttl(keys.lock(0));
  expect(leftMs === -2 || (leftMs > 0 && leftMs <= LOCK_LEASE_MS), `lock: ${leftMs} ms`).toBe(true);
  await redis.del(keys.lock(0));
}
