import { afterAll, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { billedCommands } from '../../local/billed-commands.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
afterAll(stack.stop);
const { redis, ...store } = freshStore(stack);
const maintenance = maintenanceStore(store.client, store.keys);
const clock = steppedClock(NOW_MS + 10_000);

const ORDERS = 5_000;
const BATCH = 500;

beforeEach(async () => {
  await redis.flushdb();
  for (let from = 0; from < ORDERS; from += BATCH) {
    const orders = Array.from({ length: BATCH }, (_, at) => newOrder(`${from + at}`));
    await store.submitAll(orders, NOW_MS);
  }
  // Redis has the scripts, as it does but for the first seconds after it was made.
  const { id } = newOrder('0');
  await maintenance.inspect([{ id }], {
    isRepair: false,
    isThorough: false,
    nowMs: 0,
    leaseEndMs: 0,
  });
  await maintenance.forget('finished', [id], 0);
  await maintenance.counters([id], { isRepair: false });
});

/** What Redis says that it executed, inside scripts too, while `work` ran. */
async function billedFor(work: () => Promise<unknown>): Promise<number> {
  const count = async () => billedCommands(await redis.exec<string>(['INFO', 'commandstats']));
  const before = await count();
  await work();
  return (await count()) - before;
}

async function produceAll() {
  const limits = { batchSize: BATCH, batchBytesMax: 10_000_000 };
  expect(await runDrain({ redis, ...store }, { limits })).toMatchObject({ produced: ORDERS });
}

const passOver = () => reconcile({ store: maintenance, clock, isRepair: true });

test('a pass costs at most 40 billed commands for 1,000 orders that have ended, and 210 besides', async () => {
  await produceAll();
  const billed = await billedFor(async () => {
    expect(await passOver()).toMatchObject({ orders: ORDERS, found: {}, isComplete: true });
  });
  expect(billed).toBeLessThanOrEqual(210 + (ORDERS / 1_000) * 40);
});

test('a pass costs at most 1,040 billed commands for 1,000 orders that wait', async () => {
  const billed = await billedFor(async () => {
    expect(await passOver()).toMatchObject({ orders: ORDERS, found: {}, isComplete: true });
  });
  expect(billed).toBeLessThanOrEqual(20 + (ORDERS / 1_000) * 1_040);
});

test('an order that goes costs at most 0.022 billed commands', async () => {
  await produceAll();
  const billed = await billedFor(async () => {
    const late = steppedClock(NOW_MS + 1_000_000);
    const report = await retain({ store: maintenance, clock: late, retentionMs: 1 });
    expect(report).toMatchObject({ produced: ORDERS, isComplete: true });
  });
  expect(billed / ORDERS).toBeLessThanOrEqual(0.022);
  expect(await redis.zcard(store.keys.index)).toBe(0);
});

test('a day with nothing to do costs at most 16 billed commands', async () => {
  await redis.flushdb();
  const billed = await billedFor(async () => {
    await retain({ store: maintenance, clock, retentionMs: 1 });
    await passOver();
  });
  expect(billed).toBeLessThanOrEqual(16);
});
