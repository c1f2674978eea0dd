import { expect, test } from 'vitest';
import type { Producer } from '../../lib/producers/producer.ts';
import { erase } from '../../lib/store/erase.ts';
import { REACH } from '../store/change-operations.ts';
import { defaultProducer, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { recordedMetrics } from '../support/recorded-metrics.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';

const erasing = (own: NonNullable<Producer['erase']>): Producer =>
  Object.assign((...args: Parameters<Producer>) => defaultProducer(...args), { erase: own });

async function oneErasedOfTwo() {
  const store = freshStore();
  const [erased = '', other = ''] = await submitOrders(store, 2);
  await erase(store, erased, NOW_MS + 500);
  return { store, erased, other };
}

test('an order that cannot be erased downstream keeps no other from being produced', async () => {
  const { store, erased, other } = await oneErasedOfTwo();
  const lines: string[] = [];
  const log = (level: string, event: string, fields?: object) =>
    void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  const producer = erasing(() => Promise.reject(new Error('canary')));
  const report = await runDrain(store, { producer, log });
  expect(report).toMatchObject({ produced: 1, retried: 0 });
  expect(await readOrder(store, other, NOW_MS)).toMatchObject({ status: 'produced' });
  const dueAtMs = await store.redis.zscore(store.keys.pending('shop'), erased);
  expect(Number(dueAtMs)).toBe(NOW_MS + 61_000);
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([
    expect.stringContaining('erase-failed {"orders":1,"error":"Error"'),
  ]);
  expect(lines.join()).not.toContain('canary');
});

test('a producer that never ends its erasing is given half of the time, and then others are produced', async () => {
  const { store, erased, other } = await oneErasedOfTwo();
  const clock = steppedClock(NOW_MS + 1_000);
  const called = Promise.withResolvers<AbortSignal>();
  const producer = erasing((_, { signal }) => {
    called.resolve(signal);
    return new Promise(() => undefined);
  });
  const running = runDrain(store, { producer, clock, timeMs: 20_000 });
  const signal = await called.promise;
  clock.step(9_499);
  expect(signal.aborted).toBe(false);
  clock.step(1);
  expect(signal.aborted).toBe(true);
  clock.step(500);
  expect(await running).toMatchObject({ produced: 1 });
  expect(await readOrder(store, other, NOW_MS)).toMatchObject({ status: 'produced' });
  await runDrain(store, { clock: steppedClock(NOW_MS + 100_000) });
  await expectAllInPlace(store, [erased, other]);
});

test('where the producer cannot erase, the order goes to its segment all the same', async () => {
  const { store, erased, other } = await oneErasedOfTwo();
  await runDrain(store);
  await expectAllInPlace(store, [erased, other]);
});

test('a produced order that is erased is not counted as produced once more', async () => {
  const store = freshStore();
  const [id = ''] = await REACH.produced(store);
  await erase(store, id, NOW_MS + 10_000);
  const metrics = recordedMetrics();
  const clock = steppedClock(NOW_MS + 20_000);
  expect(await runDrain(store, { metrics, clock })).toMatchObject({ claimed: 1, produced: 0 });
  expect(metrics.values('OrdersProduced')).toEqual([0]);
});
