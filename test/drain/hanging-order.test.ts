import { expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Producer } from '../../lib/production/producer.ts';
import { outcomesOf } from '../crash/outcomes.ts';
import { chanceFrom } from '../support/chance.ts';
import { runDrain } from '../support/drains.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

const MINUTE_MS = 60_000;
const DRAIN_MS = 50_000;

test('an order that its producer never answers for takes none of its neighbours with it, nor those that come', async () => {
  const store = freshStore();
  const clock = steppedClock(NOW_MS);
  const random = chanceFrom(3);
  const { attemptsMax } = readConfig(functionEnvironment(), { redis: true, apiKeys: true });
  const limits = { batchSize: 100, leaseMs: 300_000, attemptsMax };
  const ids: string[] = [];

  async function submit(count: number) {
    const orders = Array.from({ length: count }, () => newOrder(`key-${ids.length + random()}`));
    await store.submitAll(orders, clock.now());
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
    const draining = runDrain(store, { producer, clock, random, limits, timeMs: DRAIN_MS });
    if ((await Promise.race([draining, hung.promise])) === 'hung') clock.step(DRAIN_MS);
    await draining;
    clock.step(endMs - clock.now());
  }

  await submit(50);
  const hanging = ids[7] as string;
  for (let minute = 0; minute < 30; minute += 1) {
    await drainForAMinute(hanging);
    if (minute < 15) await submit(10);
  }
  const others = await outcomesOf(
    store,
    ids.filter((id) => id !== hanging),
  );
  // They come back at other moments than the one that hangs, thanks to the jitter.
  expect(others.filter(({ status }) => status !== 'produced')).toEqual([]);
  expect(Math.max(...others.map(({ attempts }) => attempts))).toBeLessThan(attemptsMax / 2);
  expect(await outcomesOf(store, [hanging])).toMatchObject([{ status: 'queued' }]);
});
