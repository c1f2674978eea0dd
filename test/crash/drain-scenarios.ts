import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { drainSlot } from '../../lib/drain/drain-slot.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import type { Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import { aloneOf } from '../../lib/store/claim.ts';
import { acquireLock } from '../../lib/store/lock.ts';
import { submitWithStock } from '../stock/stock.ts';
import { NOW_MS } from '../support/orders.ts';
import type { Stack } from '../support/stack.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import type { TestStore } from '../support/store.ts';
import type { Scenario } from './lives.ts';
import { expectInOnePlace, type Ground, groundOn, wantingOrder } from './looks.ts';

const ORDERS = 4;
const LIMITS = { batchSize: 2, lanes: 2, leaseMs: 30_000, attemptsMax: 10, isAnnounced: true };
const LOCK_LEASE_MS = 30_000;
const HOUR_MS = 60 * 60 * 1_000;
/** Enough for orders whose drains died twice: each is suspect, waits, and is tried alone. */
const LAST_DRAINS = 8;

interface DrainWorld extends Ground {
  readonly ids: readonly string[];
  /** The number that each order took effect with, by id, in a system that knows orders by their ids. */
  readonly effects: Map<string, number>;
}

interface Variation {
  /** What becomes of an order, by its place and attempts, where it is not simply produced. */
  readonly answer?: (place: number, attempts: number) => ProducerAnswer | 'forget' | undefined;
  /** The place of an order that `answer` rejects. */
  readonly rejects?: number;
  /** What comes between the drain and its producer. */
  readonly between?: (producer: Producer, clock: SteppedClock, ids: readonly string[]) => Producer;
  /** How long the drain has. */
  readonly timeMs?: number;
  /** Whether Redis has just been restarted, and knows no script. */
  readonly forgetsScripts?: boolean;
  /** Attempts that an order may have in addition to one for each life. */
  readonly ownAttempts?: number;
}

const RETRY: ProducerAnswer = { kind: 'retry', reason: 'busy' };

/** Throws for every batch with the fourth order in it, and once for that order alone. */
function throwing(producer: Producer, _: SteppedClock, ids: readonly string[]): Producer {
  return async (orders, context) => {
    const spoilt = orders.find(({ id }) => id === ids[3]);
    if (spoilt && (orders.length > 1 || spoilt.attempts === 1)) throw new Error('no such sku');
    return producer(orders, context);
  };
}

/** Takes so long that the leases must be extended meanwhile, and the drain's time is nearly up then. */
function slow(producer: Producer, clock: SteppedClock): Producer {
  return (orders, context) => {
    clock.step(LIMITS.leaseMs / 3);
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
  'a drain whose time is up': { between: slow, timeMs: 14_000, ownAttempts: 1 },
  'a drain on a Redis that has forgotten its scripts': { forgetsScripts: true },
};

/** Every kind of drain, with two lanes. */
export function drainScenarios(stack: Stack): Scenario<DrainWorld>[] {
  return Object.entries(VARIATIONS).map(([name, variation]) => ({
    name,
    begin: () => begin(stack),
    async live(world, life, number) {
      expectInOnePlace(await world.look(world.ids));
      await endLock(world.store);
      const clock = steppedClock(NOW_MS + (number + 1) * 10 * HOUR_MS);
      return drainOnce(world, variation, clock, life.guard);
    },
    check: (world, lives) => check(world, variation, lives),
  }));
}

/** Some orders wait in the queue and one, scheduled, elsewhere. */
async function begin(stack: Stack): Promise<DrainWorld> {
  const ground = await groundOn(stack);
  const orders = Array.from({ length: ORDERS }, (_, place) => {
    const produceAtMs = NOW_MS + HOUR_MS;
    return wantingOrder(`key-${place}`, place === 1 ? { produceAtMs } : {});
  });
  await submitWithStock(ground.store, orders);
  return { ...ground, ids: orders.map(({ id }) => id), effects: new Map() };
}

type Guard = <T>(name: string, dependency: T) => T;

/** One drain as `functions/drain-queue.ts` puts it together, with all that it depends on guarded. */
async function drainOnce(
  { store: { client, keys, redis }, ids, effects }: DrainWorld,
  { answer, between, timeMs = 60_000, forgetsScripts }: Variation,
  clock: SteppedClock,
  guard: Guard,
) {
  if (forgetsScripts) await redis.scriptFlush();
  const producer = guard('downstream', producerOf(ids, effects, answer));
  const store = { client: guard('redis', client), keys };
  const lock = { client: store.client, clock, key: keys.lock(0), leaseMs: LOCK_LEASE_MS };
  const dependencies = {
    ...{
      store,
      clock,
      random: () => 0.5,
      log: () => undefined,
      metrics: NO_METRICS,
      unwritten: [],
    },
    producer: between?.(producer, clock, ids) ?? producer,
    lock: () => acquireLock({ ...lock, token: randomUUID() }),
  };
  const request = {
    ...{ deadlineMs: clock.now() + timeMs, drainId: randomUUID() },
    ...({ slot: 0, trigger: 'schedule' } as const),
  };
  return drainSlot(guard('drain', dependencies), LIMITS, request);
}

function producerOf(
  ids: readonly string[],
  effects: Map<string, number>,
  answer: Variation['answer'],
): Producer {
  return async (orders) => {
    const answers = orders.map(({ id, attempts }): [string, ProducerAnswer | 'forget'] => {
      const other = answer?.(ids.indexOf(id), attempts);
      if (other !== undefined) return [id, other];
      const orderNumber = effects.get(id) ?? effects.size + 1;
      effects.set(id, orderNumber);
      return [id, { kind: 'produced', orderNumber }];
    });
    return new Map(
      answers.filter((pair): pair is [string, ProducerAnswer] => pair[1] !== 'forget'),
    );
  };
}

/** Lets what is left be drained, and checks whether every order took effect once. */
async function check(world: DrainWorld, variation: Variation, lives: number) {
  const { store, ids, effects, look } = world;
  const { timeMs: _, forgetsScripts: __, ...well } = variation;
  const clock = steppedClock(NOW_MS + 1_000 * HOUR_MS);
  for (let drains = 0; drains < LAST_DRAINS; drains += 1) {
    const { queue, pending } = store.keys;
    const waits = [queue('shop'), pending('shop'), pending(aloneOf('shop'))];
    if ((await store.redis.exists(...waits)) === 0) break;
    await endLock(store);
    await drainOnce(world, well, clock, (_name, same) => same);
    clock.step(HOUR_MS);
  }
  const { orders, events, totals } = await look(ids);
  for (const [place, id] of ids.entries()) {
    const { state } = orders.get(id) ?? {};
    const isRejected = place === variation.rejects;
    expect(state?.status, id).toBe(isRejected ? 'dead' : 'produced');
    expect(state?.orderNumber, id).toBe(effects.get(id));
    expect(effects.has(id), id).toBe(!isRejected);
    // Each death costs an attempt at most.
    expect(state?.attempts, id).toBeLessThanOrEqual(lives + (variation.ownAttempts ?? 0));
  }
  expect(expectInOnePlace(await look(ids))).toHaveLength(ORDERS);
  expect(totals.produced).toBe(effects.size);
  // One event for each order that has ended, however often its drain died.
  const told = events.map((event) => event.split(':').slice(0, 2).join(':'));
  const ended = (_: string, place: number) => (place === variation.rejects ? 'dead' : 'produced');
  expect(told.toSorted()).toEqual(ids.map((id, at) => `${id}:${ended(id, at)}`).toSorted());
}

/** A lock that a death left behind ends by itself; the test sees that it would, and goes on. */
async function endLock({ redis, keys }: TestStore) {
  const leftMs = await redis.pttl(keys.lock(0));
  const endsItself = leftMs === -2 || (leftMs > 0 && leftMs <= LOCK_LEASE_MS);
  expect(endsItself, `lock: ${leftMs} ms`).toBe(true);
  await redis.del(keys.lock(0));
}
