import { expect, test } from 'vitest';
import { ANSWER_GRACE_MS } from '../../lib/production/produce-batch.ts';
import type { Producer } from '../../lib/production/producer.ts';
import { producerOf, runDrain, silentProducer } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

const READ_MS = NOW_MS + 1_000;

test('a producer that throws costs one batch an attempt, ends the drain, and tells clients nothing', async () => {
  const store = freshStore();
  const [first] = (await submitOrders(store, 30)) as [string];
  const lines: string[] = [];
  const log = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  const producer: Producer = () => Promise.reject(new Error('canary of another client'));
  const report = await runDrain(store, { producer, log });
  expect(report).toEqual({ claimed: 10, produced: 0, retried: 10, dead: 0, remaining: 20 });
  const order = await store.read(first, READ_MS);
  expect(order).toMatchObject({ status: 'queued', attempts: 1 });
  expect(JSON.stringify([order, lines])).not.toContain('canary');
  expect(lines.join()).toContain('producer-failed');
});

test('an order that its producer throws for spoils neither its batch nor the drain', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 15);
  const bad = ids[4];
  const producer: Producer = async (orders) => {
    if (orders.some(({ id }) => id === bad)) throw new Error('no such sku');
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  expect(await runDrain(store, { producer })).toMatchObject({
    claimed: 15,
    produced: 14,
    retried: 1,
  });
  expect(await store.read(bad as string, READ_MS)).toMatchObject({
    status: 'queued',
    attempts: 1,
    lastError: { reason: 'The producer failed.' },
  });
});

test('a producer that is down is called no more than a few times for a batch', async () => {
  const store = freshStore();
  await submitOrders(store, 10);
  let calls = 0;
  const producer: Producer = () => {
    calls += 1;
    return Promise.reject(new Error('down'));
  };
  expect(await runDrain(store, { producer })).toMatchObject({ retried: 10 });
  expect(calls).toBe(4);
});

test('a producer that never answers is stopped in time to settle, and its orders are retried', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  const { producer, called } = silentProducer();
  const draining = runDrain(store, { producer, clock, timeMs: 10_000 });
  const signal = await called;
  clock.step(8_999);
  expect(signal.aborted).toBe(false);
  clock.step(1);
  expect(signal.aborted).toBe(true);
  clock.step(ANSWER_GRACE_MS);
  expect(await draining).toMatchObject({ claimed: 2, retried: 2, remaining: 0 });
  expect(await store.read(ids[0] as string, READ_MS)).toMatchObject({ attempts: 1 });
});

test('what a producer has done by its signal is settled, and only the rest is retried', async () => {
  const store = freshStore();
  const [done, open] = (await submitOrders(store, 2)) as [string, string];
  const clock = steppedClock(NOW_MS + 1_000);
  const called = Promise.withResolvers<void>();
  const producer: Producer = (_, { signal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(new Map([[done, { kind: 'produced' }]])));
      called.resolve();
    });
  const draining = runDrain(store, { producer, clock, timeMs: 10_000 });
  await called.promise;
  clock.step(9_000);
  expect(await draining).toMatchObject({ produced: 1, retried: 1 });
  expect(await store.read(open, READ_MS)).toMatchObject({ status: 'queued', attempts: 1 });
});

test('a retry at a time that is no number spoils neither its order nor its neighbours', async () => {
  const store = freshStore();
  const [odd, good] = (await submitOrders(store, 2)) as [string, string];
  const producer = producerOf((id) =>
    id === odd
      ? { kind: 'retry', reason: 'busy', afterMs: Number('Wed, 21 Oct 2026') }
      : { kind: 'produced' },
  );
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 1, retried: 1 });
  expect(await store.read(good, READ_MS)).toMatchObject({ status: 'produced' });
});

test('an answer settles the order that it was given for, whatever else it holds', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const answer = { kind: 'produced' as const, orderNumber: 5, id: 'erp-77', dueAtMs: 'x' };
  expect(await runDrain(store, { producer: producerOf(() => answer) })).toMatchObject({
    produced: 1,
  });
  expect(await store.read(id, READ_MS)).toMatchObject({ status: 'produced', orderNumber: 5 });
  expect(await store.redis.exists(store.keys.order('erp-77'))).toBe(0);
});

test('leases are extended again and again, and a lost one fires the signal', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(NOW_MS + 1_000);
  const asked: PromiseWithResolvers<void>[] = Array.from({ length: 3 }, () =>
    Promise.withResolvers(),
  );
  let extensions = 0;
  const watched = {
    ...store,
    extend: async (...call: Parameters<typeof store.extend>) => {
      const held = await store.extend(...call);
      asked[extensions++]?.resolve();
      return held;
    },
  };
  const { producer, called } = silentProducer();
  const draining = runDrain(watched, { producer, clock, timeMs: 120_000 });
  const signal = await called;
  for (const [index, lease] of asked.entries()) {
    if (index === 2) await store.redis.hset(store.keys.owners, { [id]: '99:1:another' });
    clock.step(10_000);
    await lease.promise;
    // The extension's answer is looked at in the next turn.
    await new Promise(setImmediate);
    expect(signal.aborted).toBe(index === 2);
  }
  clock.step(ANSWER_GRACE_MS);
  expect(await draining).toMatchObject({ produced: 0, retried: 0 });
});

test('a failure to extend is no failure of the drain', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(NOW_MS + 1_000);
  const failed = Promise.withResolvers<void>();
  const broken = {
    ...store,
    extend: async () => {
      failed.resolve();
      throw new Error('no extension');
    },
  };
  const answer = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const producer: Producer = async (orders) => {
    called.resolve();
    await answer.promise;
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  const draining = runDrain(broken, { producer, clock });
  await called.promise;
  clock.step(10_000);
  await failed.promise;
  answer.resolve();
  expect(await draining).toMatchObject({ produced: 1 });
});
