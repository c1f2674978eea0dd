import { expect, test } from 'vitest';
import type { Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { recordOf } from '../../lib/store/order-record.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder, submitAll } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

const READ_MS = NOW_MS + 1_000;
const produced = (orders: readonly { id: string }[]) =>
  new Map(orders.map(({ id }) => [id, { kind: 'produced' as const }]));
const NOTHING = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };

test('a drain produces every order, batch after batch', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 25);
  expect(await runDrain(store)).toEqual({ ...NOTHING, claimed: 25, produced: 25 });
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, READ_MS)));
  expect(new Set(orders.map((order) => order?.orderNumber)).size).toBe(25);
  expect(orders.every((order) => order?.status === 'produced')).toBe(true);
  await expectAllInPlace(store, ids);
  expect(await runDrain(store)).toEqual(NOTHING);
});

test('with one lane, orders are produced and numbered in the order of acceptance', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 25);
  const handed: string[] = [];
  const producer: Producer = async (orders) => {
    handed.push(...orders.map(({ id }) => id));
    return new Map(orders.map(({ id }) => [id, { kind: 'produced', orderNumber: 'next' }]));
  };
  await runDrain(store, { producer, limits: { lanes: 1, batchSize: 4 } });
  expect(handed).toEqual(ids);
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, READ_MS)));
  expect(orders.map((order) => order?.orderNumber)).toEqual(ids.map((_, at) => at + 1));
});

test('many drains at once share the orders, and no order is in two batches', async () => {
  const store = freshStore();
  const orders = Array.from({ length: 300 }, (_, at) => newOrder(`key-${at}`));
  await submitAll(store, orders);
  const seen: string[] = [];
  const producer: Producer = async (batch) => {
    seen.push(...batch.map(({ id }) => id));
    return produced(batch);
  };
  const reports = await Promise.all(
    Array.from({ length: 20 }, () => runDrain(store, { producer, limits: { batchSize: 7 } })),
  );
  expect(seen.toSorted()).toEqual(orders.map(({ id }) => id).toSorted());
  expect(reports.reduce((sum, report) => sum + report.produced, 0)).toBe(300);
});

test('an order that its producer wants retried comes back after its backoff, and is dead after attemptsMax', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const clock = steppedClock(READ_MS);
  const producer = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  for (const attempts of [1, 2]) {
    expect(await runDrain(store, { producer, clock })).toMatchObject({ retried: 1, dead: 0 });
    const order = await readOrder(store, id, clock.now());
    expect(order).toMatchObject({ status: 'queued', attempts });
    clock.step((order?.nextAttemptAtMs ?? 0) - clock.now() - 1);
    expect(await runDrain(store, { producer, clock })).toEqual(NOTHING);
    clock.step(1);
  }
  expect(await runDrain(store, { producer, clock })).toMatchObject({ retried: 0, dead: 1 });
  expect(await readOrder(store, id, clock.now())).toMatchObject({
    ...{ status: 'dead', attempts: 3, lastError: { reason: 'busy' } },
    history: [{ reason: 'busy' }, { reason: 'busy' }],
  });
  await expectAllInPlace(store, [id]);
});

test('each answer settles the order that it was given for, and leaves its neighbours alone', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 6);
  const answers: unknown[] = [
    { kind: 'rejected', reason: 'no such SKU' },
    { kind: 'produced', orderNumber: 5, id: 'erp-77', dueAtMs: 'x' },
    { kind: 'retry', reason: 'busy', afterMs: Number('Wed, 21 Oct 2026') },
    { kind: 'produced', result: { amount: 1n } },
    undefined,
    { kind: 'produced' },
  ];
  const producer: Producer = async () =>
    new Map(ids.flatMap((id, at) => (answers[at] ? [[id, answers[at] as ProducerAnswer]] : [])));
  const report = await runDrain(store, { producer });
  expect(report).toEqual({ claimed: 6, produced: 3, retried: 2, dead: 1, remaining: 0 });
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, READ_MS)));
  expect(orders).toMatchObject([
    { status: 'dead', attempts: 1, lastError: { reason: 'no such SKU' } },
    { status: 'produced', orderNumber: 5 },
    { status: 'queued', attempts: 1 },
    { status: 'produced' },
    { status: 'queued', lastError: { reason: 'The producer gave no answer for this order.' } },
    { status: 'produced' },
  ]);
  expect(await store.redis.exists(store.keys.order('erp-77'))).toBe(0);
});

test('orders that a producer gives back are charged no attempt, keep their turn, and end the drain', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 15);
  const events: object[] = [];
  const producer = producerOf((id): ProducerAnswer => {
    return id === ids[0] ? { kind: 'retry', reason: 'down' } : { kind: 'untried' };
  });
  const log = (level: string, event: string, fields?: object) =>
    void events.push({ level, event, ...fields });
  const limits = { lanes: 1, attemptsMax: 1 };
  const report = await runDrain(store, { producer, log, limits: { ...limits, attemptsMax: 2 } });
  expect(report).toEqual({ ...NOTHING, claimed: 10, retried: 1, remaining: 14 });
  expect(events).toMatchObject([
    { level: 'warn', event: 'orders-given-back', orders: 9 },
    { level: 'info', event: 'batch-settled', produced: 0, untried: 9, retried: [ids[0]] },
  ]);
  expect(await readOrder(store, ids[1] as string, READ_MS)).toMatchObject({ attempts: 0 });
  // Also at their last attempt they are not dead.
  const untried = producerOf(() => ({ kind: 'untried' }));
  expect(await runDrain(store, { producer: untried, limits })).toMatchObject({ dead: 0 });
  const handed: string[] = [];
  const last: Producer = async (orders) => {
    handed.push(...orders.map(({ id }) => id));
    return produced(orders);
  };
  await runDrain(store, { producer: last, limits });
  expect(handed).toEqual(ids.slice(1));
});

test('a drain takes what comes while its last batch is produced', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  let isFirst = true;
  const producer: Producer = async (orders) => {
    if (isFirst) await submitAll(store, [newOrder('late')]);
    isFirst = false;
    return produced(orders);
  };
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 2, remaining: 0 });
});

test('an order whose record is gone or cannot be read stops no other, and is told to the log', async () => {
  const store = freshStore();
  const [gone, broken, good] = (await submitOrders(store, 3)) as [string, string, string];
  await store.redis.del(store.keys.order(gone));
  await store.redis.set(store.keys.order(broken), 'not an order');
  const events: object[] = [];
  const log = (level: string, event: string, fields?: object) =>
    void events.push({ level, event, ...fields });
  expect(await runDrain(store, { log })).toMatchObject({ claimed: 3, produced: 1, dead: 1 });
  expect(events).toContainEqual(
    expect.objectContaining({ level: 'error', event: 'orders-lost', orders: [gone] }),
  );
  expect(await readOrder(store, good, READ_MS)).toMatchObject({ status: 'produced' });
  expect(await store.redis.zrange(store.keys.dead('shop'), 0, -1)).toEqual([broken]);
  expect(await store.redis.hlen(store.keys.owners)).toBe(0);
});

test('a state that cannot be read makes an order dead, and stops no other', async () => {
  const store = freshStore();
  const [broken, good] = (await submitOrders(store, 2)) as [string, string];
  await store.redis.set(store.keys.state(broken), '{"status":"unheard of"}');
  expect(await runDrain(store)).toMatchObject({ produced: 1, dead: 1 });
  await expectAllInPlace(store, [broken, good]);
});

test('orders that were canceled are moved and not produced', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 3);
  await cancel(store, { id: ids[1] as string, nowMs: NOW_MS });
  expect(await runDrain(store)).toEqual({ ...NOTHING, claimed: 3, produced: 2 });
  await expectAllInPlace(store, ids);
});

test('a batch holds 4 MiB of orders at most, and a larger order is produced alone', async () => {
  const store = freshStore();
  const lines = Array.from({ length: 800 }, () => ({
    ...{ sku: 'a', quantity: 1, unitAmount: 1, description: 'x'.repeat(256) },
  }));
  const orders = Array.from({ length: 40 }, (_, at) =>
    newOrder(`${at}`, { submission: { lines } }),
  );
  for (const from of [0, 20]) await submitAll(store, orders.slice(from, from + 20));
  const batches: string[][] = [];
  const producer: Producer = async (batch) => {
    batches.push(batch.map(({ id }) => id));
    return produced(batch);
  };
  const report = await runDrain(store, { producer, limits: { batchSize: 40, lanes: 1 } });
  expect(report).toMatchObject({ produced: 40, dead: 0, remaining: 0 });
  expect(batches.flat()).toEqual(orders.map(({ id }) => id));
  const bytes = Math.max(...orders.map((order) => recordOf(order, NOW_MS).length));
  for (const batch of batches) expect(batch.length * bytes).toBeLessThan(4 * 1024 * 1024);
});

test('a drain whose claim fails beside its settle says how many orders are left', async () => {
  const store = freshStore();
  await submitOrders(store, 25);
  const failing = watchedStore(store, {
    async before(asked) {
      if (!asked.includes('SETTLE') || !asked.includes('CLAIM')) return;
      await store.redis.rename(store.keys.queue('shop'), store.keys.queue('kept'));
      await store.redis.set(store.keys.queue('shop'), 'a string');
    },
    async after(asked) {
      if (!asked.includes('SETTLE') || !asked.includes('CLAIM')) return;
      await store.redis.rename(store.keys.queue('kept'), store.keys.queue('shop'));
    },
  });
  const report = await runDrain(failing, { limits: { lanes: 1 } });
  expect(report).toMatchObject({ claimed: 10, produced: 10, remaining: 15 });
});
