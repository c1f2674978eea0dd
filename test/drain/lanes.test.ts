import { expect, test } from 'vitest';
import type { Producer } from '../../lib/producers/producer.ts';
import { StoreFault } from '../../lib/store/errors.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, type TestStore } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

const HOUR_MS = 3_600_000;

/** A producer that answers when it is told to, batch after batch, and says when it is called. */
function steeredProducer() {
  const calls: { ids: string[]; answer: () => void; fail: () => void }[] = [];
  let wake = () => {};
  let underWay = 0;
  let underWayMax = 0;
  const producer: Producer = async (orders) => {
    underWay += 1;
    underWayMax = Math.max(underWayMax, underWay);
    const answered = Promise.withResolvers<void>();
    const ids = orders.map(({ id }) => id);
    calls.push({ ids, answer: answered.resolve, fail: () => answered.reject(new Error('down')) });
    wake();
    await answered.promise.finally(() => {
      underWay -= 1;
    });
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  return {
    producer,
    underWayMax: () => underWayMax,
    calls: () => calls.length,
    /** The n-th call, once it is made. */
    async call(number: number) {
      while (calls.length < number) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return calls[number - 1] ?? expect.fail();
    },
  };
}

/** Says when something was asked of Redis for the n-th time. */
function waiting(store: TestStore) {
  const seen: string[] = [];
  let wake = () => {};
  const watched = watchedStore(store, {
    after(asked) {
      seen.push(asked.join('+'));
      wake();
    },
  });
  async function until(what: string, times: number): Promise<void> {
    while (seen.filter((one) => one === what).length < times) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { store: watched, until, seen };
}

test('while one lane produces, the other has claimed and read its batch, and has it produced right after', async () => {
  const plain = freshStore();
  const ids = await submitOrders(plain, 30);
  const { store, until, seen } = waiting(plain);
  const steered = steeredProducer();
  const draining = runDrain(store, { producer: steered.producer });
  const first = await steered.call(1);
  // Both lanes have claimed and read before the first batch is produced.
  await until('CLAIM', 2);
  await until('READ', 2);
  expect(steered.calls()).toBe(1);
  first.answer();
  const second = await steered.call(2);
  // The first lane settles, claims and reads its next batch while the second is produced.
  await until('SETTLE+CLAIM', 1);
  await until('READ', 3);
  expect(steered.calls()).toBe(2);
  second.answer();
  (await steered.call(3)).answer();
  expect(await draining).toMatchObject({ claimed: 30, produced: 30 });
  expect(steered.underWayMax()).toBe(1);
  expect(seen.filter((what) => what === 'CLAIM')).toHaveLength(2);
  await expectAllInPlace(plain, ids);
});

test('with one lane, nothing is claimed while a batch is produced', async () => {
  const plain = freshStore();
  await submitOrders(plain, 20);
  const { store, seen } = waiting(plain);
  const steered = steeredProducer();
  const draining = runDrain(store, { producer: steered.producer, limits: { lanes: 1 } });
  const first = await steered.call(1);
  expect((await snapshot(plain)).leased).toHaveLength(10);
  first.answer();
  (await steered.call(2)).answer();
  await draining;
  expect(seen).toEqual([
    'ZRANGE',
    ...['CLAIM', 'READ'],
    ...['SETTLE+CLAIM', 'READ'],
    'SETTLE+CLAIM',
  ]);
});

test('the leases of a batch are extended while it waits for its turn', async () => {
  const plain = freshStore();
  await submitOrders(plain, 20);
  const { store, until } = waiting(plain);
  const clock = steppedClock(NOW_MS + 1_000);
  const steered = steeredProducer();
  const limits = { leaseMs: 30_000 };
  const draining = runDrain(store, { producer: steered.producer, clock, limits, timeMs: 300_000 });
  const first = await steered.call(1);
  await until('READ', 2);
  for (const round of [1, 2, 3, 4]) {
    clock.step(10_000);
    await until('EXTEND', 2 * round);
    // What the answer brings about happens in the next turn.
    await new Promise(setImmediate);
  }
  expect((await claimReady(plain, { nowMs: clock.now(), clients: ['shop'] })).leases).toEqual([]);
  first.answer();
  (await steered.call(2)).answer();
  expect(await draining).toMatchObject({ claimed: 20, produced: 20 });
});

test('a batch that waits for its turn is given back untried when time runs out', async () => {
  const plain = freshStore();
  const ids = await submitOrders(plain, 25);
  const { store, until } = waiting(plain);
  const clock = steppedClock(NOW_MS + 1_000);
  const steered = steeredProducer();
  const draining = runDrain(store, { producer: steered.producer, clock, timeMs: 10_000 });
  const first = await steered.call(1);
  await until('READ', 2);
  clock.step(8_500);
  first.answer();
  expect(await draining).toEqual({
    ...{ claimed: 20, produced: 10, retried: 0, dead: 0, remaining: 15 },
  });
  expect(steered.calls()).toBe(1);
  const { leases } = await claimReady(plain, { ordersMax: 100, nowMs: clock.now() });
  const left = ids.filter((id) => !first.ids.includes(id));
  expect(leases.map(({ id, claims }) => [id, claims])).toEqual(left.map((id) => [id, 1]));
});

test('a batch that waits for its turn is given back when the producer turns out to be down', async () => {
  const plain = freshStore();
  await submitOrders(plain, 25);
  const { store, until } = waiting(plain);
  let isReady: Promise<void> | undefined;
  const producer: Producer = async () => {
    isReady ??= until('READ', 2);
    await isReady;
    throw new Error('down');
  };
  const report = await runDrain(store, { producer });
  expect(report).toEqual({ claimed: 20, produced: 0, retried: 10, dead: 0, remaining: 15 });
});

const FAILING = ['CLAIM', 'READ', 'SETTLE+CLAIM'] as const;

test.for(FAILING.flatMap((what) => [1, 2].map((nth) => ({ what, nth }))))(
  'a lane whose $what number $nth fails ends the drain, and the other settles its batch',
  async ({ what, nth }) => {
    const store = freshStore();
    const ids = await submitOrders(store, 45);
    const handed: string[] = [];
    let seen = 0;
    const failing = watchedStore(store, {
      before(asked) {
        const name = asked.join('+');
        // A settle whose request fails is sent again by itself, and must fail then too.
        if (name === what) seen += 1;
        if (name === what && seen === nth) throw new StoreFault('cut');
        if (what.startsWith('SETTLE') && name === 'SETTLE' && seen >= nth)
          throw new StoreFault('cut');
      },
    });
    const producer = producerOf((id) => {
      handed.push(id);
      return { kind: 'produced', orderNumber: 'next' };
    });
    await expect(runDrain(failing, { producer })).rejects.toThrow('cut');
    // What was claimed by then, and no more.
    expect(handed.length).toBeLessThanOrEqual(30);
    const { places } = await snapshot(store);
    for (const id of ids) {
      // Nothing is settled that was not handed over, and nothing that was handed over is in the queue.
      const place = places.get(id)?.join();
      if (place === 'ended:shop:0') expect(handed).toContain(id);
      if (handed.includes(id)) expect(place).not.toBe('queue:shop');
    }
    for (const hours of [1, 2]) {
      await runDrain(store, { clock: steppedClock(NOW_MS + hours * HOUR_MS) });
    }
    await expectAllInPlace(store, ids);
  },
);

test('a lane that loses its leases while it waits gives nothing back that is another’s by now', async () => {
  const plain = freshStore();
  const ids = await submitOrders(plain, 20);
  const { store, until } = waiting(plain);
  const steered = steeredProducer();
  const draining = runDrain(store, { producer: steered.producer });
  const first = await steered.call(1);
  await until('READ', 2);
  const later = steppedClock(NOW_MS + 60_000);
  const other = await runDrain(plain, { clock: later });
  expect(other).toMatchObject({ claimed: expect.any(Number) });
  first.answer();
  const second = await Promise.race([steered.call(2), draining]);
  if ('answer' in second) second.answer();
  expect(await draining).toMatchObject({ produced: 0 });
  await runDrain(plain, { clock: steppedClock(NOW_MS + HOUR_MS) });
  await expectAllInPlace(plain, ids);
});
