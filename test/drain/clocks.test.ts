import { expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A downstream system that takes an order's id as its idempotency key, as it must. */
function ledger() {
  const effects = new Set<string>();
  const producer: Producer = async (orders) => {
    for (const { id } of orders) effects.add(id);
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  return { effects, producer };
}

/** A clock that can be put forward and back; its timers do not heed that, as those of Node do not. */
function jumpingClock(startMs: number) {
  const steady = steppedClock(startMs);
  let aheadMs = 0;
  const clock: Clock = { ...steady, now: () => steady.now() + aheadMs };
  const jump = (ms: number) => {
    aheadMs += ms;
  };
  return { clock, jump };
}

async function expectProduced(store: TestStore, ids: readonly string[], producer: Producer) {
  for (const days of [3, 4, 5]) {
    await runDrain(store, { producer, clock: steppedClock(NOW_MS + days * DAY_MS) });
  }
  await expectAllInPlace(store, ids);
  expect(await store.redis.zcard(store.keys.ended('shop', 0))).toBe(ids.length);
}

const JUMPS = ['CLAIM', 'READ', 'SETTLE'].flatMap((step) =>
  [DAY_MS, -DAY_MS].map((jumpMs) => ({ step, jumpMs })),
);

test.for(JUMPS)(
  'a clock that jumps by $jumpMs ms after a $step costs time and no order',
  async ({ step, jumpMs }) => {
    const store = freshStore();
    const ids = await submitOrders(store, 25);
    const { clock, jump } = jumpingClock(NOW_MS + 1_000);
    let jumps = 0;
    const jumpy = watchedStore(store, {
      after(asked) {
        if (!asked.includes(step) || jumps > 0) return;
        jumps += 1;
        jump(jumpMs);
      },
    });
    const { producer } = ledger();
    await runDrain(jumpy, { producer, clock });
    expect(jumps).toBe(1);
    await expectProduced(store, ids, producer);
  },
);

test('drains whose clocks are days apart share the orders, and none is lost', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 60);
  const { producer } = ledger();
  const reports = await Promise.all(
    [-DAY_MS, 0, DAY_MS, -DAY_MS, DAY_MS].map((aheadMs) => {
      const clock = steppedClock(NOW_MS + 1_000 + aheadMs);
      return runDrain(store, { producer, clock, limits: { batchSize: 7 } });
    }),
  );
  expect(reports.reduce((sum, { produced }) => sum + produced, 0)).toBeLessThanOrEqual(60);
  await expectProduced(store, ids, producer);
});

test('what a drain with a slow clock still holds can be taken over, and then its settle is refused', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  const { producer } = ledger();
  const [handed, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const freezing: Producer = async (...call) => {
    const answers = await producer(...call);
    handed.resolve();
    await thawed.promise;
    return answers;
  };
  // Its leases ended hours ago for everybody else.
  const slowNowMs = NOW_MS + 1_000;
  const slow = runDrain(store, { producer: freezing, clock: steppedClock(slowNowMs) });
  await handed.promise;
  await runDrain(store, { producer, clock: steppedClock(slowNowMs + DAY_MS) });
  thawed.resolve();
  expect((await slow).produced).toBe(0);
  await expectProduced(store, ids, producer);
});
