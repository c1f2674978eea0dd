import { expect, test } from 'vitest';
import type { Producer } from '../../lib/production/producer.ts';
import { producerOf, runDrain, silentProducer } from '../support/drains.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

const READ_MS = NOW_MS + 1_000;

test('a drain produces every order, batch after batch, with numbers in the order of acceptance', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 25);
  expect(await runDrain(store)).toEqual({
    claimed: 25,
    produced: 25,
    retried: 0,
    dead: 0,
    remaining: 0,
  });
  const orders = await Promise.all(ids.map((id) => store.read(id, READ_MS)));
  expect(orders.map((order) => order?.orderNumber)).toEqual(ids.map((_, index) => index + 1));
  expect(orders.every((order) => order?.status === 'produced')).toBe(true);
});

test('fifty drains at once share the orders, and no order is in two batches', async () => {
  const store = freshStore();
  const orders = Array.from({ length: 400 }, (_, index) => newOrder(`key-${index}`));
  await store.submitAll(orders, NOW_MS);
  const seen: string[] = [];
  const producer: Producer = async (batch) => {
    seen.push(...batch.map(({ id }) => id));
    return new Map(batch.map(({ id }) => [id, { kind: 'produced' }]));
  };
  const reports = await Promise.all(
    Array.from({ length: 50 }, () => runDrain(store, { producer, limits: { batchSize: 7 } })),
  );
  expect(seen.toSorted()).toEqual(orders.map(({ id }) => id).toSorted());
  expect(reports.reduce((sum, { produced }) => sum + produced, 0)).toBe(400);
});

test('an order that its producer wants retried comes back after its backoff, and is dead after attemptsMax', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  for (const attempts of [1, 2]) {
    expect(await runDrain(store, { producer, clock })).toMatchObject({ retried: 1, dead: 0 });
    expect(await store.read(id, clock.now())).toMatchObject({ status: 'queued', attempts });
    expect(await runDrain(store, { producer, clock })).toMatchObject({ claimed: 0 });
    clock.step(10_000);
  }
  expect(await runDrain(store, { producer, clock })).toMatchObject({ retried: 0, dead: 1 });
  expect(await store.read(id, clock.now())).toMatchObject({
    status: 'dead',
    attempts: 3,
    lastError: { reason: 'busy' },
  });
});

test('a retry is not before the time that its producer asked for', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerOf(() => ({ kind: 'retry', reason: 'busy', afterMs: 40_000 }));
  await runDrain(store, { producer, clock });
  clock.step(39_999);
  expect((await store.claim(claimRequest({ nowMs: clock.now() }))).orders).toEqual([]);
  clock.step(5_000);
  expect((await store.claim(claimRequest({ nowMs: clock.now() }))).orders).toHaveLength(1);
});

test('a rejected order is dead at once, and its neighbours are produced', async () => {
  const store = freshStore();
  const [bad, good] = (await submitOrders(store, 2)) as [string, string];
  const producer = producerOf((id) =>
    id === bad ? { kind: 'rejected', reason: 'no such sku' } : { kind: 'produced' },
  );
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 1, dead: 1 });
  expect(await store.read(bad, READ_MS)).toMatchObject({ status: 'dead', attempts: 1 });
  expect(await store.read(good, READ_MS)).toMatchObject({ status: 'produced' });
});

test('orders that a producer gives no answer for are retried with the reason', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const forgetful: Producer = async () => new Map();
  expect(await runDrain(store, { producer: forgetful })).toMatchObject({ retried: 1 });
  expect((await store.read(id, READ_MS))?.lastError?.reason).toContain('no answer');
});

test('leases are extended while a batch is slow, so that no other drain takes its orders', async () => {
  const store = freshStore();
  await submitOrders(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  const extended = Promise.withResolvers<void>();
  const watched = {
    ...store,
    extend: async (...call: Parameters<typeof store.extend>) => {
      const held = await store.extend(...call);
      extended.resolve();
      return held;
    },
  };
  const { producer, called } = silentProducer();
  const draining = runDrain(watched, { producer, clock, timeMs: 60_000 });
  await called;
  clock.step(10_000);
  await extended.promise;
  const claim = await store.claim(claimRequest({ nowMs: NOW_MS + 1_000 + 30_000 }));
  expect(claim.orders).toEqual([]);
  clock.step(50_000);
  await draining;
});

test('a drainer that freezes past its lease cannot settle what another has produced since', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const thaw = Promise.withResolvers<void>();
  const frozen = Promise.withResolvers<void>();
  const freezing: Producer = async () => {
    frozen.resolve();
    await thaw.promise;
    return new Map([[id, { kind: 'produced', orderNumber: 999 }]]);
  };
  const first = runDrain(store, { producer: freezing });
  await frozen.promise;
  const other = await runDrain(store, { clock: steppedClock(NOW_MS + 60_000) });
  thaw.resolve();
  expect([await first, other]).toMatchObject([{ produced: 0 }, { produced: 1 }]);
  expect(await store.read(id, READ_MS)).toMatchObject({ status: 'produced', orderNumber: 1 });
});

test('a drainer that thaws while another produces its orders cannot settle them before that one', async () => {
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
  const clock = steppedClock(NOW_MS + 60_000);
  const second = runDrain(store, { producer: other.producer, clock });
  await other.called;
  frozen.answer();
  expect(await first).toMatchObject({ produced: 0 });
  other.answer();
  expect(await second).toMatchObject({ produced: 1 });
  expect(await store.read(id, READ_MS)).toMatchObject({ orderNumber: 2, attempts: 2 });
});

test('orders that were claimed too late to be tried are given back without an attempt', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(NOW_MS + 1_000);
  const slow = {
    ...store,
    claim: async (request: Parameters<typeof store.claim>[0]) => {
      const claim = await store.claim(request);
      clock.step(9_000);
      return claim;
    },
  };
  const report = await runDrain(slow, { clock, timeMs: 10_000 });
  expect(report).toMatchObject({ claimed: 1, produced: 0, retried: 0, remaining: 1 });
  expect(await store.read(id, clock.now())).toMatchObject({ status: 'queued', attempts: 0 });
  expect((await store.claim(claimRequest({ nowMs: clock.now() }))).orders).toHaveLength(1);
});

test('a drain whose time is up says how many ready orders it leaves', async () => {
  const store = freshStore();
  await submitOrders(store, 5);
  expect(await runDrain(store, { timeMs: 1_500 })).toMatchObject({ claimed: 0, remaining: 5 });
});

test('a drain that loses its lock settles the batch at hand and claims no further one', async () => {
  const store = freshStore();
  await submitOrders(store, 20);
  const lock = new AbortController();
  const producer: Producer = async (orders) => {
    lock.abort();
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  const report = await runDrain(store, { producer, signal: lock.signal });
  expect(report).toMatchObject({ produced: 10, remaining: 10 });
});

test('a result that cannot be kept leaves the order produced', async () => {
  const store = freshStore();
  const [big, odd] = (await submitOrders(store, 2)) as [string, string];
  const producer = producerOf((id) => ({
    kind: 'produced',
    result: id === big ? 'x'.repeat(100_000) : { amount: 1n },
  }));
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 2 });
  for (const id of [big, odd]) {
    const order = await store.read(id, READ_MS);
    expect(order).toMatchObject({ status: 'produced' });
    expect(order).not.toHaveProperty('result');
  }
});

test('orders larger than what a claim may hold are produced one by one, and none is left', async () => {
  const store = freshStore();
  const lines = [{ sku: 'a', quantity: 1, unitAmount: 1, description: 'x'.repeat(256) }];
  for (const key of ['a', 'b', 'c']) await store.submit(newOrder(key, { submission: { lines } }));
  const report = await runDrain(store, { limits: { batchBytesMax: 1 } });
  expect(report).toMatchObject({ produced: 3, remaining: 0 });
});
