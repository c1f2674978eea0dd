import { expect, test } from 'vitest';
import { ANSWER_GRACE_MS } from '../../lib/drain/produce-batch.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { StoreFault } from '../../lib/store/errors.ts';
import { runDrain, silentProducer } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

const READ_MS = NOW_MS + 1_000;
const ONE_LANE = { lanes: 1 };
const produced = (orders: readonly { id: string }[]) =>
  new Map(orders.map(({ id }) => [id, { kind: 'produced' as const }]));

test('a producer that throws costs one batch an attempt, ends the drain, and tells clients nothing', async () => {
  const store = freshStore();
  const [first] = (await submitOrders(store, 30)) as [string];
  const lines: string[] = [];
  const log = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  let calls = 0;
  const producer: Producer = () => {
    calls += 1;
    return Promise.reject(new Error('canary of another client'));
  };
  const report = await runDrain(store, { producer, log, limits: ONE_LANE });
  expect(report).toEqual({ claimed: 10, produced: 0, retried: 10, dead: 0, remaining: 20 });
  // Once with all, and then alone until it is clear that it is down.
  expect(calls).toBe(4);
  const order = await readOrder(store, first, READ_MS);
  expect(order).toMatchObject({ status: 'queued', attempts: 1 });
  expect(JSON.stringify([order, lines])).not.toContain('canary');
  expect(lines.join()).toContain('producer-failed');
  expect(lines.join()).toContain('producer-failure.test.ts');
});

test('an order that its producer throws for spoils neither its batch nor the drain', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 15);
  const bad = ids[4] as string;
  const producer: Producer = async (orders) => {
    if (orders.some(({ id }) => id === bad)) throw new Error('no such SKU');
    return produced(orders);
  };
  const report = await runDrain(store, { producer });
  expect(report).toMatchObject({ claimed: 15, produced: 14, retried: 1 });
  expect(await readOrder(store, bad, READ_MS)).toMatchObject({
    ...{ status: 'queued', attempts: 1, lastError: { reason: 'The producer failed.' } },
  });
});

test('a producer that has thrown for a batch cannot give its orders back: they are charged', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 15);
  const calls: number[] = [];
  const producer: Producer = async (orders) => {
    calls.push(orders.length);
    if (orders.length > 1) throw new Error('The downstream system went down');
    return new Map(orders.map(({ id }) => [id, { kind: 'untried' }]));
  };
  const report = await runDrain(store, { producer, limits: ONE_LANE });
  expect(report).toMatchObject({ claimed: 10, retried: 10 });
  expect(calls).toEqual([10, 1]);
  expect(await readOrder(store, ids[0] as string, READ_MS)).toMatchObject({ attempts: 1 });
});

test('a producer that never answers is stopped in time to settle, and its orders are retried', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 2);
  const clock = steppedClock(READ_MS);
  const { producer, called } = silentProducer();
  const draining = runDrain(store, { producer, clock, timeMs: 10_000 });
  const signal = await called;
  clock.step(8_999);
  expect(signal.aborted).toBe(false);
  clock.step(1);
  expect(signal.aborted).toBe(true);
  clock.step(ANSWER_GRACE_MS);
  expect(await draining).toMatchObject({ claimed: 2, retried: 2, remaining: 0 });
  const order = await readOrder(store, ids[0] as string, READ_MS);
  expect(order).toMatchObject({ attempts: 1 });
  expect(order?.lastError?.reason).toContain('its time was up');
});

test('what a producer has done by its signal is settled, and only the rest is retried', async () => {
  const store = freshStore();
  const [done, open] = (await submitOrders(store, 2)) as [string, string];
  const clock = steppedClock(READ_MS);
  const called = Promise.withResolvers<number>();
  const producer: Producer = (_, { signal, deadlineMs }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(new Map([[done, { kind: 'produced' }]])));
      called.resolve(deadlineMs);
    });
  const draining = runDrain(store, { producer, clock, timeMs: 10_000 });
  expect(await called.promise).toBe(READ_MS + 9_000);
  clock.step(9_000);
  expect(await draining).toMatchObject({ produced: 1, retried: 1 });
  expect(await readOrder(store, open, READ_MS)).toMatchObject({ status: 'queued', attempts: 1 });
});

test('a lost lease fires the signal, and what was done under it is not settled', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(READ_MS);
  const { producer, called } = silentProducer();
  const draining = runDrain(store, { producer, clock, timeMs: 120_000 });
  const signal = await called;
  const fired = new Promise((resolve) => signal.addEventListener('abort', resolve));
  await store.redis.hset(store.keys.owners, { [id]: '99:1:another' });
  clock.step(10_000);
  await fired;
  clock.step(ANSWER_GRACE_MS);
  expect(await draining).toMatchObject({ produced: 0, retried: 0 });
  expect(await store.redis.exists(store.keys.state(id))).toBe(0);
});

test.for(['is refused', 'is never answered'])(
  'an extension that %s is no failure of the drain as long as its lease lasts',
  async (how) => {
    const store = freshStore();
    await submitOrders(store, 1);
    const clock = steppedClock(READ_MS);
    const asked = Promise.withResolvers<void>();
    const broken = watchedStore(store, {
      before(what) {
        if (!what.includes('EXTEND')) return;
        asked.resolve();
        if (how === 'is refused') throw new StoreFault('no extension');
        return new Promise(() => undefined);
      },
    });
    const answer = Promise.withResolvers<void>();
    const called = Promise.withResolvers<AbortSignal>();
    const producer: Producer = async (orders, { signal }) => {
      called.resolve(signal);
      await answer.promise;
      return produced(orders);
    };
    const draining = runDrain(broken, { producer, clock });
    const signal = await called.promise;
    clock.step(10_000);
    await asked.promise;
    // What the refusal brings about happens in the next turn.
    await new Promise(setImmediate);
    clock.step(19_999);
    await new Promise(setImmediate);
    expect(signal.aborted).toBe(false);
    answer.resolve();
    expect(await draining).toMatchObject({ produced: 1 });
  },
);

test('a lease that could not be extended in time fires the signal as it ends', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(READ_MS);
  const broken = watchedStore(store, {
    before: (what) => (what.includes('EXTEND') ? new Promise(() => undefined) : undefined),
  });
  const { producer, called } = silentProducer();
  const draining = runDrain(broken, { producer, clock, timeMs: 120_000 });
  const signal = await called;
  clock.step(29_999);
  expect(signal.aborted).toBe(false);
  clock.step(1);
  expect(signal.aborted).toBe(true);
  clock.step(ANSWER_GRACE_MS);
  await draining;
});

test('the lease counts from before the claim was sent', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(READ_MS);
  const slow = watchedStore(store, {
    after: (what) => what.includes('CLAIM') && clock.step(25_000),
    before: (what) => (what.includes('EXTEND') ? new Promise(() => undefined) : undefined),
  });
  const { producer, called } = silentProducer();
  const draining = runDrain(slow, { producer, clock, timeMs: 120_000 });
  const signal = await called;
  clock.step(5_000);
  expect(signal.aborted).toBe(true);
  clock.step(ANSWER_GRACE_MS);
  await draining;
});

test('a drainer that freezes past its lease cannot settle what another has produced since, nor before', async () => {
  for (const isFirstBack of [true, false]) {
    const store = freshStore();
    const [id] = (await submitOrders(store, 1)) as [string];
    /** A producer that waits in the middle of its work, and has a number of its own. */
    const waiting = (orderNumber: number) => {
      const called = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      const producer: Producer = async () => {
        called.resolve();
        await answer.promise;
        return new Map([[id, { kind: 'produced', orderNumber }]]);
      };
      return { producer, called: called.promise, answer: answer.resolve };
    };
    const [frozen, other] = [waiting(1), waiting(2)];
    const first = runDrain(store, { producer: frozen.producer });
    await frozen.called;
    // The first drain that finds the order unanswered puts it aside; the next one tries it.
    await runDrain(store, { clock: steppedClock(NOW_MS + 60_000) });
    const second = runDrain(store, {
      producer: other.producer,
      clock: steppedClock(NOW_MS + 120_000),
    });
    await other.called;
    if (isFirstBack) frozen.answer();
    if (isFirstBack) expect(await first).toMatchObject({ produced: 0 });
    other.answer();
    expect(await second).toMatchObject({ produced: 1 });
    frozen.answer();
    expect(await first).toMatchObject({ produced: 0 });
    expect(await readOrder(store, id, READ_MS)).toMatchObject({ orderNumber: 2, attempts: 2 });
  }
});
