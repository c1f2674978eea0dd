import { expect, test } from 'vitest';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { recordedMetrics } from '../support/recorded-metrics.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, submitOne } from '../support/store.ts';
import { watchedStore } from '../support/watched-store.ts';

test('orders are counted by what they were settled as, and named in the log where they failed', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 6);
  const answers: ProducerAnswer[] = [
    { kind: 'produced' },
    { kind: 'produced' },
    { kind: 'retry', reason: 'canary' },
    { kind: 'rejected', reason: 'canary' },
    { kind: 'rejected', reason: 'canary' },
    { kind: 'untried' },
  ];
  const producer = producerOf((id) => answers[ids.indexOf(id)] as ProducerAnswer);
  const metrics = recordedMetrics();
  const lines: object[] = [];
  const log = (level: string, event: string, fields?: object) =>
    void lines.push({ level, event, ...fields });
  await runDrain(store, { producer, metrics, log });
  expect(metrics.values('BatchSize')).toEqual([6]);
  expect(metrics.values('OrdersProduced')).toEqual([2]);
  expect(metrics.values('OrdersRetried')).toEqual([1]);
  expect(metrics.values('OrdersDead')).toEqual([2]);
  expect(metrics.values('OrderToProducedTime')).toHaveLength(2);
  expect(lines).toContainEqual({
    ...{ level: 'info', event: 'batch-settled', token: 6, batchId: expect.stringMatching(/^6:/) },
    ...{ produced: 2, untried: 1, retried: [ids[2]], dead: [ids[3], ids[4]] },
  });
  expect(JSON.stringify(lines)).not.toContain('canary');
});

test('an order that another drain has claimed since is counted by that one alone', async () => {
  const store = freshStore();
  const [id] = await submitOrders(store, 1);
  const metrics = recordedMetrics();
  const lines: string[] = [];
  let isFirst = true;
  const late = watchedStore(store, {
    async before(asked) {
      if (!asked.includes('SETTLE') || !isFirst) return;
      isFirst = false;
      await claimReady(store, { nowMs: NOW_MS + 60_000 });
    },
  });
  const log = (_: string, event: string, fields?: object) =>
    void lines.push(`${event} ${JSON.stringify(fields)}`);
  await runDrain(late, { metrics, log });
  expect(metrics.values('OrdersProduced')).toEqual([0]);
  expect(metrics.values('OrderToProducedTime')).toEqual([]);
  expect(lines.find((line) => line.startsWith('settle-refused'))).toContain(id);
});

test('orders that die without an answer are counted', async () => {
  const store = freshStore();
  await submitOrders(store, 2);
  await claimReady(store);
  const metrics = recordedMetrics();
  const clock = steppedClock(NOW_MS + 60_000);
  await runDrain(store, { metrics, clock, limits: { attemptsMax: 1 } });
  expect(metrics.values('OrdersDead')).toEqual([2]);
});

test('a scheduled order is as old as its time is past, and another since it was accepted', async () => {
  const store = freshStore();
  const later = { submission: { produceAtMs: NOW_MS + 50_000 }, acceptedAtMs: NOW_MS };
  await submitOne(store, newOrder('later', later));
  const metrics = recordedMetrics();
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS + 53_500) });
  expect(metrics.values('OldestOrderAge')).toEqual([3.5]);
  expect(metrics.values('OrderToProducedTime')).toEqual([3.5]);
  await submitOne(store, newOrder('now', { acceptedAtMs: NOW_MS + 60_000 }));
  await submitOne(store, newOrder('then', { acceptedAtMs: NOW_MS + 59_000 }));
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS + 61_250) });
  expect(metrics.values('OldestOrderAge').at(-1)).toBe(2.25);
});

test('a clock that is behind makes no order younger than new', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  await store.redis.zadd(store.keys.clients, { score: 0, member: 'shop' });
  const metrics = recordedMetrics();
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS - 5_000) });
  expect(metrics.values('OldestOrderAge')).toEqual([0]);
  expect(metrics.values('OrderToProducedTime')).toEqual([0]);
});

test('a drain that ends for lack of time tells how many orders are left, and 0 at its own end', async () => {
  const store = freshStore();
  await submitOrders(store, 25);
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerOf(() => {
    clock.step(400);
    return { kind: 'produced' };
  });
  const metrics = recordedMetrics();
  const limits = { lanes: 1 };
  const report = await runDrain(store, { producer, metrics, clock, limits, timeMs: 4_000 });
  expect([report.remaining, metrics.values('QueueDepth')]).toEqual([15, [15]]);
  await runDrain(store, { metrics, clock });
  expect(metrics.values('QueueDepth')).toEqual([15, 0]);
});

test('what is settled is written before the next batch of its lane begins, and a settle that fails is counted as nothing', async () => {
  const store = freshStore();
  await submitOrders(store, 20);
  const metrics = recordedMetrics();
  const unwritten: number[] = [];
  const producer = producerOf(() => {
    unwritten.push(metrics.values('OrdersProduced').length, metrics.unwritten());
    return { kind: 'produced' };
  });
  let settles = 0;
  const failing = watchedStore(store, {
    before(asked) {
      if (asked.includes('SETTLE')) settles += 1;
      if (settles > 1) throw new Error('cut');
    },
  });
  const draining = runDrain(failing, { producer, metrics, limits: { lanes: 1 } });
  await expect(draining).rejects.toThrow('could not be reached');
  // Of the second batch only its age and its size are not written yet.
  expect(unwritten.slice(-2)).toEqual([1, 2]);
  expect(metrics.values('OrdersProduced')).toEqual([10]);
});
