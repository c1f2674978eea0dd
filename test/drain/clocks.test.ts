import { expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import type { Producer } from '../../lib/production/producer.ts';
import { ledger } from '../crash/ledger.ts';
import { outcomesOf } from '../crash/outcomes.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

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

async function expectProducedOnce(
  store: TestStore,
  ids: readonly string[],
  behind: ReturnType<typeof ledger>,
) {
  const { producer, effects } = behind;
  for (const days of [3, 4]) {
    await runDrain(store, { producer, clock: steppedClock(NOW_MS + days * DAY_MS) });
  }
  const outcomes = await outcomesOf(store, ids);
  expect(outcomes.map(({ status }) => status)).toEqual(ids.map(() => 'produced'));
  expect(outcomes.map(({ orderNumber }) => orderNumber)).toEqual(ids.map((id) => effects.get(id)));
  const { queue, pending, owners, dead, finished } = store.keys;
  expect(await store.redis.exists(queue, pending, owners, dead)).toBe(0);
  expect(await store.redis.zcard(finished)).toBe(ids.length);
}

const STEPS = ['claim', 'produce', 'settle'] as const;
const JUMPS = STEPS.flatMap((step) => [DAY_MS, -DAY_MS].map((jumpMs) => ({ step, jumpMs })));

test.for(JUMPS)(
  'a clock that jumps by $jumpMs ms in the middle of a $step costs time and no order',
  async ({ step, jumpMs }) => {
    const store = freshStore();
    const ids = await submitOrders(store, 15);
    const behind = ledger();
    const { clock, jump } = jumpingClock(NOW_MS + 1_000);
    let isDone = false;
    const at = (here: (typeof STEPS)[number]) => {
      if (here !== step || isDone) return;
      isDone = true;
      jump(jumpMs);
    };
    const jumpy: TestStore = {
      ...store,
      claim: async (request) => {
        const claim = await store.claim(request);
        at('claim');
        return claim;
      },
      settle: (...call) => {
        at('settle');
        return store.settle(...call);
      },
    };
    const producer: Producer = (...call) => {
      at('produce');
      return behind.producer(...call);
    };
    await runDrain(jumpy, { producer, clock });
    expect(isDone).toBe(true);
    await expectProducedOnce(store, ids, behind);
  },
);

test('drains whose clocks are days apart share the orders, and none takes effect twice', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 60);
  const behind = ledger();
  const reports = await Promise.all(
    [-DAY_MS, 0, DAY_MS, -DAY_MS, DAY_MS].map((aheadMs) => {
      const clock = steppedClock(NOW_MS + 1_000 + aheadMs);
      return runDrain(store, { producer: behind.producer, clock, limits: { batchSize: 7 } });
    }),
  );
  expect(reports.reduce((sum, { produced }) => sum + produced, 0)).toBeLessThanOrEqual(60);
  await expectProducedOnce(store, ids, behind);
});

test('what a drain with a slow clock still holds can be taken over, and then its settle is refused', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  const behind = ledger();
  const handed = Promise.withResolvers<void>();
  const thawed = Promise.withResolvers<void>();
  const freezing: Producer = async (...call) => {
    const answers = await behind.producer(...call);
    handed.resolve();
    await thawed.promise;
    return answers;
  };
  const clock = steppedClock(NOW_MS + 1_000 - DAY_MS);
  const slow = runDrain(store, { producer: freezing, clock });
  await handed.promise;
  const other = await runDrain(store, {
    producer: behind.producer,
    clock: steppedClock(NOW_MS + 1_000),
  });
  thawed.resolve();
  expect([(await slow).produced, other.produced]).toEqual([0, 5]);
  await expectProducedOnce(store, ids, behind);
});
