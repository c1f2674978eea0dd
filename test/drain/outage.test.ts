import { expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { RETRY_DELAY_MS_MAX } from '../../lib/orders/retry.ts';
import type { Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import { chanceFrom } from '../support/chance.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder, submitAll } from '../support/store.ts';

const MINUTE_MS = 60_000;
const { attemptsMax, batchSize, lanes, leaseMs } = readConfig(functionEnvironment(), {
  ...{ redis: true, apiKeys: true },
});
const limits = { attemptsMax, batchSize, lanes, leaseMs };

test('a downstream system that is down for an hour is called within the retry budget, loses no order, and is not stormed afterwards', async () => {
  const store = freshStore();
  const count = 200;
  await submitAll(
    store,
    Array.from({ length: count }, (_, at) => newOrder(`key-${at}`)),
  );
  const clock = steppedClock(NOW_MS);
  const random = chanceFrom(7);

  /** How many orders the system is handed in each minute, by the schedule's drain. */
  async function run(minutes: number, answer: ProducerAnswer): Promise<number[]> {
    const calls: number[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      clock.step(MINUTE_MS);
      let handed = 0;
      const producer = producerOf(() => {
        handed += 1;
        return answer;
      });
      const report = await runDrain(store, { producer, clock, random, limits });
      expect(report.dead).toBe(0);
      calls.push(handed);
    }
    return calls;
  }

  const down = await run(60, { kind: 'retry', reason: 'down' });
  // Half the longest delay is the mean of a full jitter: four calls for each order in half an hour.
  const lastHalfHour = down.slice(30).reduce((sum, calls) => sum + calls, 0);
  const budget = (count * 30 * MINUTE_MS) / (RETRY_DELAY_MS_MAX / 2);
  expect(lastHalfHour).toBeLessThan(budget * 1.25);
  expect(lastHalfHour).toBeGreaterThan(budget * 0.75);

  const up = await run(RETRY_DELAY_MS_MAX / MINUTE_MS, { kind: 'produced' });
  expect(up.reduce((sum, calls) => sum + calls, 0)).toBe(count);
  expect(Math.max(...up)).toBeLessThan(count / 4);
});

test('an order that its producer never answers for takes none of its neighbours with it, nor those that come', async () => {
  const store = freshStore();
  const clock = steppedClock(NOW_MS);
  const random = chanceFrom(3);
  const ids: string[] = [];

  async function submit(count: number) {
    const orders = Array.from({ length: count }, () => newOrder(`key-${ids.length + random()}`));
    await submitAll(store, orders, clock.now());
    ids.push(...orders.map(({ id }) => id));
  }

  /** The schedule's drain of one minute; it lasts as long as it may where the producer hangs. */
  async function drainForAMinute(hanging: string) {
    const hung = Promise.withResolvers<'hung'>();
    const producer: Producer = async (orders) => {
      if (!orders.some(({ id }) => id === hanging)) {
        return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
      }
      hung.resolve('hung');
      return new Promise(() => undefined);
    };
    const endMs = clock.now() + MINUTE_MS;
    const draining = runDrain(store, { producer, clock, random, limits, timeMs: 50_000 });
    if ((await Promise.race([draining, hung.promise])) === 'hung') clock.step(50_000);
    await draining;
    clock.step(endMs - clock.now());
  }

  await submit(50);
  const hanging = ids[7] as string;
  for (let minute = 0; minute < 30; minute += 1) {
    await drainForAMinute(hanging);
    if (minute < 15) await submit(10);
  }
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, clock.now())));
  // They come back at other moments than the one that hangs, thanks to the jitter.
  for (const order of orders) {
    expect(order?.status).toBe(order?.id === hanging ? 'queued' : 'produced');
    if (order?.id !== hanging) expect(order?.attempts).toBeLessThan(attemptsMax / 2);
  }
});
