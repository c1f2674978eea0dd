import { expect, test } from 'vitest';
import type { ProducerAnswer } from '../../lib/production/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { recordedMetrics } from '../support/recorded-metrics.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

test('orders are counted by what they were settled as, and those that are given back as nothing', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 6);
  const answers: ProducerAnswer[] = [
    { kind: 'produced' },
    { kind: 'produced' },
    { kind: 'retry', reason: 'x' },
    { kind: 'rejected', reason: 'x' },
    { kind: 'rejected', reason: 'x' },
    { kind: 'untried' },
  ];
  const producer = producerOf((id) => answers[ids.indexOf(id)] as ProducerAnswer);
  const metrics = recordedMetrics();
  await runDrain(store, { producer, metrics });
  expect(metrics.values('BatchSize')).toEqual([6]);
  expect(metrics.values('OrdersProduced')).toEqual([2]);
  expect(metrics.values('OrdersRetried')).toEqual([1]);
  expect(metrics.values('OrdersDead')).toEqual([0, 2]);
  expect(metrics.values('OrderToProducedTime')).toHaveLength(2);
});

test('an order that another drain has claimed since is counted by that one alone', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerOf(() => ({ kind: 'produced' }));
  const metrics = recordedMetrics();
  const late = {
    ...store,
    settle: async (...call: Parameters<typeof store.settle>) => {
      await store.claim(claimRequest({ nowMs: clock.now() + 60_000 }));
      return store.settle(...call);
    },
  };
  await runDrain(late, { producer, metrics, clock });
  expect(metrics.values('OrdersProduced')).toEqual([0]);
  expect(metrics.values('OrderToProducedTime')).toEqual([]);
});

test('orders that die in a claim, as no attempt was answered, are counted', async () => {
  const store = freshStore();
  await submitOrders(store, 2);
  await store.claim(claimRequest({ attemptsMax: 1 }));
  const metrics = recordedMetrics();
  const clock = steppedClock(NOW_MS + 60_000);
  await runDrain(store, { metrics, clock, limits: { attemptsMax: 1 } });
  expect(metrics.values('OrdersDead').reduce((sum, dead) => sum + dead)).toBe(2);
});

test('a scheduled order is as old as its time is past, and another since it was accepted', async () => {
  const store = freshStore();
  const later = { submission: { produceAtMs: NOW_MS + 50_000 }, acceptedAtMs: NOW_MS };
  await store.submit(newOrder('later', later));
  const metrics = recordedMetrics();
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS + 53_500) });
  expect(metrics.values('OldestOrderAge')).toEqual([3.5]);
  expect(metrics.values('OrderToProducedTime')).toEqual([3.5]);
  await store.submit(newOrder('now', { acceptedAtMs: NOW_MS + 60_000 }));
  await store.submit(newOrder('then', { acceptedAtMs: NOW_MS + 59_000 }));
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS + 61_250) });
  expect(metrics.values('OldestOrderAge').at(-1)).toBe(2.25);
});

test('a clock that is behind makes no order younger than new', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const metrics = recordedMetrics();
  await runDrain(store, { metrics, clock: steppedClock(NOW_MS - 5_000) });
  expect(metrics.values('OldestOrderAge')).toEqual([0]);
  expect(metrics.values('OrderToProducedTime')).toEqual([0]);
});

test('a drain that ends for lack of time tells how many orders are left', async () => {
  const store = freshStore();
  await submitOrders(store, 25);
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerOf(() => {
    clock.step(400);
    return { kind: 'produced' };
  });
  const metrics = recordedMetrics();
  const report = await runDrain(store, { producer, metrics, clock, timeMs: 4_000 });
  expect(report.remaining).toBe(15);
  expect(metrics.values('QueueDepth')).toEqual([15]);
});

test('what is settled is written before the next batch begins', async () => {
  const store = freshStore();
  await submitOrders(store, 20);
  const metrics = recordedMetrics();
  const unwritten: number[] = [];
  const producer = producerOf(() => {
    unwritten.push(metrics.values('OrdersProduced').length, metrics.unwritten());
    return { kind: 'produced' };
  });
  await runDrain(store, { producer, metrics });
  // Of the second batch only its claim is not written yet: its size, its age, and that none died.
  expect(unwritten.slice(-2)).toEqual([1, 3]);
});

test('a settle that fails is counted as nothing', async () => {
  const store = freshStore();
  await submitOrders(store, 3);
  const metrics = recordedMetrics();
  const failing = { ...store, settle: () => Promise.reject(new Error('lost')) };
  await expect(runDrain(failing, { metrics })).rejects.toThrow('lost');
  expect(metrics.values('OrdersProduced')).toEqual([]);
  expect(metrics.values('BatchSize')).toEqual([3]);
});

test('orders that are retried or dead are named in the log beside their fencing token', async () => {
  const store = freshStore();
  const [retried, dead] = (await submitOrders(store, 3)) as [string, string];
  const answers = new Map<string, ProducerAnswer>([
    [retried, { kind: 'retry', reason: 'canary' }],
    [dead, { kind: 'rejected', reason: 'canary' }],
  ]);
  const producer = producerOf((id) => answers.get(id) ?? { kind: 'produced' });
  const lines: object[] = [];
  await runDrain(store, {
    producer,
    log: (level, event, fields) => void lines.push({ level, event, ...fields }),
  });
  expect(lines).toMatchObject([
    {
      level: 'info',
      event: 'batch-settled',
      token: 1,
      produced: 1,
      retried: [retried],
      dead: [dead],
    },
  ]);
  expect(JSON.stringify(lines)).not.toContain('canary');
});
