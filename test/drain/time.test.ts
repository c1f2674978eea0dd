import { expect, test } from 'vitest';
import { drainSlot, type SlotDependencies } from '../../lib/drain/drain-slot.ts';
import { ANSWER_GRACE_MS } from '../../lib/drain/produce-batch.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import {
  DRAIN_LIMITS,
  defaultProducer,
  producerOf,
  runDrain,
  silentProducer,
} from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { recordedMetrics } from '../support/recorded-metrics.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

const TIME_MS = 10_000;
/** The last moment at which a batch may be begun. */
const LAST_MS = TIME_MS - DRAIN_LIMITS.settleMs - DRAIN_LIMITS.produceMsMin;
const STEPS = ['ZRANGE', 'CLAIM', 'READ'] as const;
const MOMENTS = [0, 1, LAST_MS - 1, LAST_MS, LAST_MS + 1, TIME_MS - 1, TIME_MS, 10 * TIME_MS];

test.for(STEPS.flatMap((step) => MOMENTS.map((ms) => ({ step, ms }))))(
  'an order is charged an attempt if, and only if, it was handed over: a $step that takes $ms ms',
  async ({ step, ms }) => {
    const store = freshStore();
    const ids = await submitOrders(store, 5);
    const clock = steppedClock(NOW_MS + 1_000);
    let isFirst = true;
    const slow = watchedStore(store, {
      after(asked) {
        if (!isFirst || !asked.includes(step)) return;
        isFirst = false;
        clock.step(ms);
      },
    });
    const handed: string[] = [];
    const producer = producerOf((id) => {
      handed.push(id);
      return { kind: 'retry', reason: 'busy', afterMs: 600_000 };
    });
    const limits = { batchSize: 2, lanes: 1, leaseMs: 10 * TIME_MS * 3 };
    await runDrain(slow, { clock, producer, limits, timeMs: TIME_MS });
    if (step !== 'ZRANGE') expect(handed.length > 0).toBe(ms <= LAST_MS);
    for (const id of ids) {
      const order = await readOrder(store, id, clock.now());
      expect(order?.attempts).toBe(handed.includes(id) ? 1 : 0);
    }
    // What was not handed over is there for the next drain, at once and in its order.
    const { leases } = await claimReady(store, { nowMs: clock.now() });
    expect(leases.map(({ id, claims }) => [id, claims])).toEqual(
      ids.filter((id) => !handed.includes(id)).map((id) => [id, 1]),
    );
  },
);

test('an order that is given back keeps the attempts that it had', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(NOW_MS + 1_000);
  await runDrain(store, { clock, producer: producerOf(() => ({ kind: 'retry', reason: 'busy' })) });
  clock.step(60_000);
  for (const giving of [1, 2, 3]) {
    const slow = watchedStore(store, {
      after: (asked) => asked.includes('READ') && clock.step(TIME_MS - 1),
    });
    const report = await runDrain(slow, { clock, timeMs: TIME_MS });
    expect(report, `giving back ${giving}`).toMatchObject({ claimed: 1, retried: 0, remaining: 1 });
    expect(await readOrder(store, id, clock.now())).toMatchObject({
      status: 'queued',
      attempts: 1,
    });
  }
});

test('a drain that has no time claims nothing and says how many orders it leaves', async () => {
  const store = freshStore();
  await submitOrders(store, 5);
  expect(await runDrain(store, { timeMs: 1_500 })).toMatchObject({ claimed: 0, remaining: 5 });
});

test('a drain that loses its lock settles the batches at hand and claims no further one', async () => {
  const store = freshStore();
  await submitOrders(store, 30);
  const lock = new AbortController();
  const producer = producerOf(() => {
    lock.abort();
    return { kind: 'produced' };
  });
  const report = await runDrain(store, { producer, signal: lock.signal });
  expect(report).toMatchObject({ produced: 10, retried: 0, remaining: 20 });
});

test('a producer that never answers stops neither another drain nor the next one', async () => {
  const store = freshStore();
  await submitOrders(store, 40);
  const clock = steppedClock(NOW_MS + 1_000);
  const { producer, called } = silentProducer();
  const limits = { lanes: 1 };
  const hanging = runDrain(store, { producer, clock, limits, timeMs: TIME_MS });
  await called;
  const beside = await runDrain(store, { clock: steppedClock(NOW_MS + 2_000) });
  expect(beside).toMatchObject({ produced: 30 });
  clock.step(TIME_MS - DRAIN_LIMITS.settleMs + ANSWER_GRACE_MS);
  expect(await hanging).toMatchObject({ claimed: 10, retried: 10 });
  clock.step(60_000);
  expect(await runDrain(store, { clock })).toMatchObject({ produced: 10, remaining: 0 });
});

/** A slot's drain on the test's store. */
function slot(store: ReturnType<typeof freshStore>, overrides: Partial<SlotDependencies> = {}) {
  const clock = steppedClock(NOW_MS + 1_000);
  const lock = async () => ({ signal: new AbortController().signal, release: async () => true });
  const dependencies = {
    ...{ store, clock, lock, producer: defaultProducer, metrics: NO_METRICS },
    ...{ random: () => 0, log: () => undefined, unwritten: [], ...overrides },
  };
  const limits = { batchSize: 10, lanes: 2, leaseMs: 30_000, attemptsMax: 3, isAnnounced: false };
  const run = (trigger: 'schedule' | 'asked' = 'schedule') =>
    drainSlot(dependencies, limits, {
      ...{ deadlineMs: NOW_MS + 61_000, drainId: 'drain', slot: 0, trigger },
    });
  return { clock, run };
}

test('a settle begins early enough to be sent twice before the Lambda ends', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const deadlineMs = NOW_MS + 61_000;
  const settled = Promise.withResolvers<number>();
  const { producer, called } = silentProducer();
  const watched = watchedStore(store, {
    before: (asked) => asked.includes('SETTLE') && settled.resolve(clock.now()),
  });
  const { clock, run } = slot(watched, { producer });
  const draining = run();
  await called;
  // The signal fires first, and what comes after it belongs to the producer.
  clock.step(55_000 - 1_000);
  await new Promise(setImmediate);
  clock.step(ANSWER_GRACE_MS);
  const settledAtMs = await settled.promise;
  await draining;
  // Two attempts of 2.5 s each, and the pause between them: as lib/runtime.ts has it.
  expect(deadlineMs - settledAtMs).toBeGreaterThanOrEqual(2 * 2_500 + 100);
});

test('an idle slot looks once and takes no lock', async () => {
  const asked: string[] = [];
  const watched = watchedStore(freshStore(), { before: (what) => void asked.push(...what) });
  const metrics = recordedMetrics();
  const idle = slot(watched, { metrics, lock: () => expect.fail('It takes the lock.') });
  expect(await idle.run()).toMatchObject({ kind: 'drained', report: { claimed: 0 } });
  expect(asked).toEqual(['ZRANGE']);
  expect(metrics.values('QueueDepth')).toEqual([0]);
  expect(metrics.values('OldestOrderAge')).toEqual([0]);
});

test('a slot that another drain is at work in is busy, and its lock is released in the end', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  expect(await slot(store, { lock: async () => undefined }).run()).toEqual({ kind: 'busy' });
  let releases = 0;
  const lock = async () => ({
    signal: new AbortController().signal,
    release: async () => {
      releases += 1;
      return true;
    },
  });
  expect(await slot(store, { lock }).run('asked')).toMatchObject({ report: { produced: 1 } });
  await store.redis.set(store.keys.queue('shop'), 'a string');
  await store.redis.zadd(store.keys.clients, { score: 0, member: 'shop' });
  await expect(slot(store, { lock }).run()).rejects.toThrow('WRONGTYPE');
  expect(releases).toBe(2);
});
