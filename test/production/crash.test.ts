import { expect, test } from 'vitest';
import type { Producer } from '../../lib/production/producer.ts';
import { type DrainOptions, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const ORDERS = 5;
const LIMITS = { batchSize: 2, attemptsMax: 10 };

class Crash extends Error {}

/**
 * Counts the steps at which a drain waits for something, and ends it at the one that is given:
 * before the step is done, or after it was and before the drain learns of it.
 */
function crashingAt(step: number, when: 'before' | 'after', store: TestStore, producer: Producer) {
  let steps = 0;
  function fragile<Args extends unknown[], T>(call: (...args: Args) => Promise<T>) {
    return async (...args: Args): Promise<T> => {
      steps += 1;
      const isHere = steps === step;
      if (isHere && when === 'before') throw new Crash();
      const answer = await call(...args);
      if (isHere) throw new Crash();
      return answer;
    };
  }
  const { claim, settle, extend, ready } = store;
  const fragileStore = {
    ...store,
    claim: fragile(claim),
    settle: fragile(settle),
    extend: fragile(extend),
    ready: fragile(ready),
  };
  // A producer's failure is an answer, so a crash there never comes back at all.
  let hasCrashed: () => void;
  const crashed = new Promise<never>((_, reject) => {
    hasCrashed = () => reject(new Crash());
  });
  const fragileProducer: Producer = async (...args) => {
    steps += 1;
    const isHere = steps === step;
    if (isHere && when === 'before') return hang();
    const answers = await producer(...args);
    return isHere ? hang() : answers;
  };
  function hang() {
    hasCrashed();
    return new Promise<never>(() => undefined);
  }
  const run = (options: DrainOptions) =>
    Promise.race([runDrain(fragileStore, { ...options, producer: fragileProducer }), crashed]);
  return { run, steps: () => steps };
}

/** A system behind that takes an order's id as its idempotency key, as producers must. */
function ledger() {
  const effects = new Map<string, number>();
  const producer: Producer = async (orders) => {
    for (const { id } of orders) effects.set(id, effects.get(id) ?? effects.size + 1);
    return new Map(
      orders.map(({ id }) => [id, { kind: 'produced', orderNumber: effects.get(id) as number }]),
    );
  };
  return { effects, producer };
}

async function expectAllProducedOnce(
  store: TestStore,
  ids: string[],
  effects: Map<string, number>,
) {
  const orders = await Promise.all(ids.map((id) => store.read(id, NOW_MS)));
  expect(orders.map((order) => order?.status)).toEqual(ids.map(() => 'produced'));
  expect(orders.map((order) => order?.orderNumber)).toEqual(ids.map((id) => effects.get(id)));
  expect(await store.redis.zcard(store.keys.finished)).toBe(ids.length);
  const { queue, pending, owners, dead } = store.keys;
  expect(await store.redis.exists(queue, pending, owners, dead)).toBe(0);
}

/** A drain that never crashes, to learn how many steps there are. */
async function countSteps(): Promise<number> {
  const store = freshStore();
  await submitOrders(store, ORDERS);
  const probe = crashingAt(0, 'before', store, ledger().producer);
  await probe.run({ limits: LIMITS });
  return probe.steps();
}

const STEPS = 9;

test('the steps of the crash tests are all the steps of a drain', async () => {
  expect(await countSteps()).toBe(STEPS);
});

const places = Array.from({ length: STEPS }, (_, index) =>
  (['before', 'after'] as const).map((when) => ({ step: index + 1, when })),
).flat();

test.for(places)(
  'a drain that dies $when step $step loses no order and doubles none',
  async ({ step, when }) => {
    const store = freshStore();
    const ids = await submitOrders(store, ORDERS);
    const { effects, producer } = ledger();
    const clock = steppedClock(NOW_MS + 1_000);
    const crashing = crashingAt(step, when, store, producer);
    await expect(crashing.run({ clock, limits: LIMITS })).rejects.toThrow(Crash);

    const later = steppedClock(NOW_MS + 600_000);
    await runDrain(store, { producer, clock: later, limits: LIMITS });
    await expectAllProducedOnce(store, ids, effects);
  },
);

test('drains that die one after the other at every step still lose and double nothing', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, ORDERS);
  const { effects, producer } = ledger();
  const limits = { ...LIMITS, attemptsMax: 100 };
  for (const [index, { step, when }] of places.entries()) {
    const clock = steppedClock(NOW_MS + (index + 1) * 600_000);
    await crashingAt(step, when, store, producer)
      .run({ clock, limits })
      .catch(() => undefined);
  }
  const clock = steppedClock(NOW_MS + 1_000 * 600_000);
  await runDrain(store, { producer, clock, limits });
  await expectAllProducedOnce(store, ids, effects);
});
