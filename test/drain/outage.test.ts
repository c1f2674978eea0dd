import { expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { RETRY_DELAY_MS_MAX } from '../../lib/orders/retry.ts';
import type { ProducerAnswer } from '../../lib/production/producer.ts';
import { chanceFrom } from '../support/chance.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

const ORDERS = 200;
const MINUTE_MS = 60_000;
const OUTAGE_MINUTES = 60;

test('a system behind that is down for an hour is called within the backoff’s budget, loses no order, and is not stormed afterwards', async () => {
  const store = freshStore();
  const orders = Array.from({ length: ORDERS }, (_, index) => newOrder(`key-${index}`));
  await store.submitAll(orders, NOW_MS);
  const clock = steppedClock(NOW_MS);
  const random = chanceFrom(7);
  const { attemptsMax } = readConfig(functionEnvironment(), { redis: true, apiKeys: true });
  const limits = { batchSize: 100, attemptsMax };

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

  const down = await run(OUTAGE_MINUTES, { kind: 'retry', reason: 'down' });
  // Half the longest delay is the mean of a full jitter: four calls for each order in half an hour.
  const lastHalfHour = down.slice(30).reduce((sum, calls) => sum + calls, 0);
  const budget = (ORDERS * 30 * MINUTE_MS) / (RETRY_DELAY_MS_MAX / 2);
  expect(lastHalfHour).toBeLessThan(budget * 1.25);

  const up = await run(RETRY_DELAY_MS_MAX / MINUTE_MS, { kind: 'produced' });
  expect(up.reduce((sum, calls) => sum + calls, 0)).toBe(ORDERS);
  expect(Math.max(...up)).toBeLessThan(ORDERS / 4);
});
