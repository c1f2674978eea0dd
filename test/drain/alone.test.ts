import { expect, test } from 'vitest';
import type { Producer } from '../../lib/producers/producer.ts';
import { aloneOf } from '../../lib/store/claim.ts';
import { settled } from '../store/settling.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder, submitAll, type TestStore } from '../support/store.ts';
import { mortalStore } from '../support/watched-store.ts';

const MINUTE_MS = 60_000;
/** Far more than any of these orders may be claimed. */
const LIVES_MAX = 1_500;

/**
 * Drains by processes that die in the middle of a poisonous order, each a lease after the one before,
 * until one finds nothing more to do.
 */
async function drainByProcesses(
  store: TestStore,
  poison: ReadonlySet<string>,
  { attemptsMax = 3, batchSize = 10, lanes = 2, beforeEach = async (_life: number) => {} } = {},
) {
  const handed = new Map<string, number>();
  const batches: string[][] = [];
  for (let life = 1; life <= LIVES_MAX; life += 1) {
    await beforeEach(life);
    const dying = Promise.withResolvers<'died'>();
    const mortal = mortalStore(store, { request: Number.POSITIVE_INFINITY, when: 'before' });
    const producer: Producer = async (orders) => {
      batches.push(orders.map(({ id }) => id));
      for (const { id } of orders) handed.set(id, (handed.get(id) ?? 0) + 1);
      if (!orders.some(({ id }) => poison.has(id))) {
        return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
      }
      dying.resolve('died');
      return new Promise(() => undefined);
    };
    const clock = steppedClock(NOW_MS + life * 20 * MINUTE_MS);
    const limits = { attemptsMax, batchSize, lanes };
    const end = await Promise.race([
      runDrain(mortal.store, { producer, clock, limits }),
      dying.promise.then(async () => {
        // The other lane dies in the same moment, and what it has under way with it.
        mortal.kill();
        return 'died' as const;
      }),
    ]);
    if (end !== 'died' && end.claimed === 0) return { handed, batches };
  }
  throw new Error(`The last of ${LIVES_MAX} processes has died`);
}

test.for([2, 3, 12].flatMap((attemptsMax) => [1, 2].map((lanes) => ({ attemptsMax, lanes }))))(
  'orders that kill their process are dead after exactly $attemptsMax claims, with $lanes lanes, and all others are produced',
  async ({ attemptsMax, lanes }) => {
    const store = freshStore();
    const ids = await submitOrders(store, 20);
    // Two in one batch, one beside, and the last of all.
    const poison = new Set([3, 4, 11, 19].map((at) => ids[at] as string));
    const { handed } = await drainByProcesses(store, poison, { attemptsMax, lanes });
    for (const id of ids) {
      const order = await readOrder(store, id, NOW_MS);
      expect(order?.status, id).toBe(poison.has(id) ? 'dead' : 'produced');
      if (poison.has(id)) expect(order?.attempts).toBe(attemptsMax);
      // Claimed once at most in the company of a poisonous order, and then alone.
      else expect(order?.attempts, id).toBeLessThanOrEqual(2);
      // With two lanes a process may die of one batch while it holds the other.
      const unhanded = attemptsMax - (handed.get(id) ?? 0);
      if (poison.has(id)) expect([0, lanes - 1], id).toContain(unhanded);
      if (poison.has(id)) expect(order?.lastError?.reason).toContain('its drain died');
    }
    await expectAllInPlace(store, ids);
  },
);

test('a hundred poisonous orders keep nothing from being produced, and each is dead in the end', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 160);
  const poison = new Set(ids.filter((_, at) => at % 8 !== 0 && at < 116).slice(0, 100));
  expect(poison.size).toBe(100);
  const comers: string[] = [];
  const lives: number[] = [];
  const { handed, batches } = await drainByProcesses(store, poison, {
    attemptsMax: 3,
    batchSize: 20,
    async beforeEach(life) {
      if (life > 20) return;
      const order = newOrder(`comer-${life}`, { client: 'other' });
      if (life > 10) await submitAll(store, [order]);
      if (life > 10) comers.push(order.id);
      // What came while they kill is produced by the very next drain, however many are left.
      const earlier = comers.slice(0, -1);
      const states = await Promise.all(earlier.map((id) => readOrder(store, id, NOW_MS)));
      lives.push(states.filter((state) => state?.status !== 'produced').length);
    },
  });
  expect(Math.max(...lives)).toBe(0);
  const others = ids.filter((id) => !poison.has(id));
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)));
  expect(orders.filter((order) => order?.status === 'produced')).toHaveLength(others.length);
  expect(orders.filter((order) => order?.status === 'dead')).toHaveLength(100);
  for (const [at, id] of ids.entries()) {
    if (!poison.has(id)) continue;
    expect(orders[at]?.attempts, id).toBe(3);
    expect(handed.get(id)).toBeLessThanOrEqual(3);
  }
  // Those that were never in the company of a poisonous order were produced before any was alone.
  const firstAlone = batches.findIndex((batch) => batch.length === 1);
  const untouched = ids.slice(140);
  for (const id of untouched) {
    expect(batches.findIndex((batch) => batch.includes(id))).toBeLessThan(firstAlone);
  }
  await expectAllInPlace(store, ids);
});

test('a poisonous order takes no order with it that comes while it is known to be one', async () => {
  const store = freshStore();
  const [poison] = (await submitOrders(store, 1)) as [string];
  const comers: string[] = [];
  await drainByProcesses(store, new Set([poison]), {
    attemptsMax: 5,
    async beforeEach(life) {
      if (life === 1 || life > 5) return;
      const order = newOrder(`comer-${life}`);
      comers.push(order.id);
      await submitAll(store, [order]);
    },
  });
  for (const id of comers) {
    expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: 'produced', attempts: 1 });
  }
});

test('attempts that were answered count beside those that were not', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const busy = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  await runDrain(store, { producer: busy, limits: { attemptsMax: 4 } });
  const { handed } = await drainByProcesses(store, new Set([id]), { attemptsMax: 4 });
  expect(handed.get(id)).toBe(3);
  expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: 'dead', attempts: 4 });
});

/** Orders that wait to be tried alone, due at once. */
async function waitingAlone(store: TestStore, count: number): Promise<string[]> {
  const ids = await submitOrders(store, count);
  await claimReady(store, { leaseMs: 1, ordersMax: 500 });
  await settled(store, undefined, NOW_MS + 2_000);
  return ids;
}

/** A producer for which time passes, and that notes its batches and when it got them. */
function timedProducer(clock: SteppedClock, msPerBatch: number) {
  const batches: { ids: string[]; atMs: number }[] = [];
  const producer: Producer = async (orders) => {
    batches.push({ ids: orders.map(({ id }) => id), atMs: clock.now() });
    clock.step(msPerBatch);
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  return { batches, producer };
}

test('orders that wait to be tried alone are tried one by one, after all others', async () => {
  const store = freshStore();
  const alone = await waitingAlone(store, 5);
  const others = Array.from({ length: 25 }, (_, at) => newOrder(`other-${at}`));
  await submitAll(store, others);
  const clock = steppedClock(NOW_MS + 60_000);
  const { batches, producer } = timedProducer(clock, 10);
  expect(await runDrain(store, { clock, producer })).toMatchObject({ produced: 30, remaining: 0 });
  expect(batches.map(({ ids }) => ids.length)).toEqual([10, 10, 5, 1, 1, 1, 1, 1]);
  expect(
    batches
      .slice(3)
      .flatMap(({ ids }) => ids)
      .toSorted(),
  ).toEqual(alone.toSorted());
});

/** A drain of which each batch takes a second. */
async function drainFor21Seconds(store: TestStore) {
  const clock = steppedClock(NOW_MS + 60_000);
  const startMs = clock.now();
  const { batches, producer } = timedProducer(clock, 1_000);
  const limits = { settleMs: 1_000, produceMsMin: 1_000, lanes: 1 };
  await runDrain(store, { clock, producer, limits, timeMs: 21_000 });
  return { batches, startMs };
}

test('the last quarter of a drain is theirs if there are any, however many others wait', async () => {
  const store = freshStore();
  await waitingAlone(store, 3);
  const others = Array.from({ length: 200 }, (_, at) => newOrder(`other-${at}`));
  await submitAll(store, others);
  const { batches, startMs } = await drainFor21Seconds(store);
  const first = batches.findIndex(({ ids }) => ids.length === 1);
  expect((batches[first]?.atMs ?? 0) - startMs).toBe(15_000);
  expect(batches.slice(first).map(({ ids }) => ids.length)).toEqual([1, 1, 1]);
});

test('a drain in which nobody is to be tried alone gives all its time to the others', async () => {
  const store = freshStore();
  const others = Array.from({ length: 300 }, (_, at) => newOrder(`other-${at}`));
  await submitAll(store, others);
  const { batches, startMs } = await drainFor21Seconds(store);
  expect((batches.at(-1)?.atMs ?? 0) - startMs).toBe(19_000);
});

test('an order that is given back alone waits alone, and what is retried goes back to its client', async () => {
  const store = freshStore();
  const [a, b] = (await waitingAlone(store, 2)) as [string, string];
  const clock = steppedClock(NOW_MS + 60_000);
  await runDrain(store, { clock, producer: producerOf(() => ({ kind: 'untried' })) });
  const alone = await store.redis.zrange<string[]>(store.keys.pending(aloneOf('shop')), 0, -1);
  expect(alone.toSorted()).toEqual([a, b].toSorted());
  expect(await readOrder(store, a, clock.now())).toMatchObject({ attempts: 1 });
  const busy = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  await runDrain(store, { clock, producer: busy, limits: { attemptsMax: 9 } });
  expect(await store.redis.exists(store.keys.pending(aloneOf('shop')))).toBe(0);
  expect(await store.redis.zcard(store.keys.pending('shop'))).toBe(2);
});
