import { afterAll, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll, type TestStore } from '../support/store.ts';

// A server of its own: it counts what all its clients do.
const stack = await startStack();
afterAll(stack.stop);

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
const ORDERS_A_MONTH = 50_000;
const ORDERS_A_DAY = Math.ceil(ORDERS_A_MONTH / KEPT_DAYS);
const BATCH = 500;

async function dayOfOrders(store: TestStore, day: number): Promise<void> {
  const nowMs = NOW_MS + day * DAY_MS;
  for (let at = 0; at < ORDERS_A_DAY; at += BATCH) {
    const count = Math.min(BATCH, ORDERS_A_DAY - at);
    const orders = Array.from({ length: count }, (_, n) => newOrder(`${day}-${at + n}`));
    await submitAll(store, orders, nowMs);
  }
  const clock = steppedClock(nowMs + 1_000);
  const report = await runDrain(store, { clock, limits: { batchSize: BATCH } });
  expect(report.produced).toBe(ORDERS_A_DAY);
}

/** @returns what is billed for the upkeep of one day */
async function upkeepOf(store: TestStore, day: number): Promise<number> {
  const clock = steppedClock(NOW_MS + day * DAY_MS + DAY_MS / 2);
  const retentionMs = KEPT_DAYS * DAY_MS;
  const before = stack.usage.billedCommands;
  const report = await reconcile({ store, clock, isRepair: true, retentionMs });
  expect(report).toMatchObject({ found: {}, isComplete: true });
  await retain({ store, clock, retentionMs });
  return stack.usage.billedCommands - before;
}

test('upkeep costs at most 0.1 billed commands over the 30 days that an order is kept', async () => {
  const store = freshStore(stack);
  for (let day = 0; day < KEPT_DAYS; day += 1) await dayOfOrders(store, day);
  await upkeepOf(store, KEPT_DAYS - 1);
  // From now on, each day as many orders go as come: a day costs what an order's life costs, for
  // as many orders.
  let billed = 0;
  const days = 2;
  for (let day = KEPT_DAYS; day < KEPT_DAYS + days; day += 1) {
    await dayOfOrders(store, day);
    billed += await upkeepOf(store, day);
  }
  const each = billed / (days * ORDERS_A_DAY);
  expect(each).toBeLessThanOrEqual(0.1);
  expect(each).toBeGreaterThan(0.03);
}, 120_000);

test('a day with nothing to do costs at most 30 billed commands', async () => {
  const store = freshStore(stack);
  await stack.admin('FLUSHALL');
  await upkeepOf(store, 0);
  expect(await upkeepOf(store, 1)).toBeLessThanOrEqual(30);
});
