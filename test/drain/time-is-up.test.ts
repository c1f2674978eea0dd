import { expect, test } from 'vitest';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { drainSlot } from '../../lib/production/drain-slot.ts';
import { ANSWER_GRACE_MS } from '../../lib/production/produce-batch.ts';
import type { Producer } from '../../lib/production/producer.ts';
import { outcomesOf } from '../crash/outcomes.ts';
import { DRAIN_LIMITS, producerOf, runDrain, silentProducer } from '../support/drains.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const TIME_MS = 10_000;
/** The last moment at which a batch may be begun. */
const LAST_MS = TIME_MS - DRAIN_LIMITS.settleMs - DRAIN_LIMITS.produceMsMin;

/** A store whose claims take their time. */
function slowClaims(store: TestStore, clock: SteppedClock, claimMs: number): TestStore {
  return {
    ...store,
    claim: async (request) => {
      const claim = await store.claim(request);
      clock.step(claimMs);
      return claim;
    },
  };
}

/** A producer that tells which orders it was handed. */
function notingProducer() {
  const handed: string[] = [];
  const producer = producerOf((id) => {
    handed.push(id);
    return { kind: 'retry', reason: 'busy', afterMs: 600_000 };
  });
  return { handed, producer };
}

test.for([0, 1, LAST_MS - 1, LAST_MS, LAST_MS + 1, TIME_MS - 1, TIME_MS, 10 * TIME_MS])(
  'an order is charged an attempt if, and only if, it was handed over: a claim that takes %i ms',
  async (claimMs) => {
    const store = freshStore();
    const ids = await submitOrders(store, 3);
    const clock = steppedClock(NOW_MS + 1_000);
    const { handed, producer } = notingProducer();
    const slow = slowClaims(store, clock, claimMs);
    const limits = { batchSize: 2 };
    await runDrain(slow, { clock, producer, limits, timeMs: TIME_MS });
    expect(handed.length > 0).toBe(claimMs <= LAST_MS);
    const outcomes = await outcomesOf(store, ids);
    expect(outcomes.map(({ attempts }) => attempts)).toEqual(
      ids.map((id) => (handed.includes(id) ? 1 : 0)),
    );
    // What was not handed over is there for the next drain, at once.
    const { orders } = await store.claim(claimRequest({ nowMs: clock.now() }));
    const ready = orders.map(({ id }) => id);
    expect(ready.toSorted()).toEqual(ids.filter((id) => !handed.includes(id)).toSorted());
  },
);

test('an order that is given back keeps the attempts that it had', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(NOW_MS + 1_000);
  await runDrain(store, { clock, producer: producerOf(() => ({ kind: 'retry', reason: 'busy' })) });
  clock.step(60_000);
  for (const giving of [1, 2, 3]) {
    const report = await runDrain(slowClaims(store, clock, TIME_MS), { clock, timeMs: TIME_MS });
    expect(report, `giving back ${giving}`).toMatchObject({ claimed: 1, retried: 0, remaining: 1 });
    expect(await outcomesOf(store, [id])).toMatchObject([{ status: 'queued', attempts: 1 }]);
  }
});

test('orders whose drain lost its lock while it claimed are given back untried', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 2);
  const lock = new AbortController();
  const losing: TestStore = {
    ...store,
    claim: async (request) => {
      const claim = await store.claim(request);
      lock.abort();
      return claim;
    },
  };
  const { handed, producer } = notingProducer();
  const report = await runDrain(losing, { producer, signal: lock.signal });
  expect([report.claimed, report.remaining, handed]).toEqual([2, 2, []]);
  expect((await outcomesOf(store, ids)).map(({ attempts }) => attempts)).toEqual([0, 0]);
});

test('the batches that a drain did not come to are left as they were', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 30);
  const clock = steppedClock(NOW_MS + 1_000);
  const producer: Producer = async (orders) => {
    clock.step(LAST_MS / 2 + 1);
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  const report = await runDrain(store, { clock, producer, timeMs: TIME_MS });
  expect(report).toMatchObject({ claimed: 20, produced: 20, remaining: 10 });
  expect(await outcomesOf(store, ids.slice(20))).toMatchObject(
    ids.slice(20).map(() => ({ status: 'queued', attempts: 0 })),
  );
});

test('a settle begins early enough to be sent twice before the Lambda ends', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(NOW_MS + 1_000);
  const deadlineMs = clock.now() + 60_000;
  let settledAtMs = 0;
  const watched: TestStore = {
    ...store,
    settle: (...call) => {
      settledAtMs = clock.now();
      return store.settle(...call);
    },
  };
  const { producer, called } = silentProducer();
  const lock = async () => ({ signal: new AbortController().signal, release: async () => true });
  const draining = drainSlot(
    {
      store: watched,
      producer,
      clock,
      random: () => 0,
      log: () => undefined,
      metrics: NO_METRICS,
      lock,
    },
    { batchSize: 10, leaseMs: 300_000, attemptsMax: 3 },
    deadlineMs,
  );
  await called;
  while (settledAtMs === 0) {
    clock.step(100);
    await new Promise(setImmediate);
  }
  await draining;
  // Two sendings of 2.5 s each, and the pause between them: as lib/runtime.ts has it.
  expect(deadlineMs - settledAtMs).toBeGreaterThanOrEqual(2 * 2_500 + 100);
});

test('a producer that never answers stops neither another drain nor the next one', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 30);
  const clock = steppedClock(NOW_MS + 1_000);
  const { producer, called } = silentProducer();
  const hanging = runDrain(store, { producer, clock, timeMs: TIME_MS });
  await called;
  expect(await runDrain(store, { clock: steppedClock(NOW_MS + 2_000) })).toMatchObject({
    produced: 20,
  });
  clock.step(TIME_MS - DRAIN_LIMITS.settleMs + ANSWER_GRACE_MS);
  expect(await hanging).toMatchObject({ claimed: 10, retried: 10 });
  clock.step(60_000);
  expect(await runDrain(store, { clock })).toMatchObject({ produced: 10, remaining: 0 });
  const outcomes = await outcomesOf(store, ids);
  expect(outcomes.every(({ status }) => status === 'produced')).toBe(true);
});
