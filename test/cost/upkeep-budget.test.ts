import { afterAll, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { orderOf, stocked, submitWithStock } from '../stock/stock.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll } from '../support/store.ts';
import { measuredStack } from './measured-stack.ts';

const { stack, proxy, costOf, stop } = await measuredStack();
afterAll(stop);

/** Orders that are produced on one day; upkeep of 30 days, and their end. */
async function upkeepOf(orders: number, hasStock: boolean): Promise<number> {
  await stack.admin('FLUSHDB');
  const store = freshStore(proxy);
  if (hasStock) await stocked(store, { sku: orders });
  for (let from = 0; from < orders; from += 500) {
    const batch = Array.from({ length: 500 }, (_, at) => orderOf(`key-${from + at}`, { sku: 1 }));
    if (hasStock) await submitWithStock(store, batch);
    else await submitAll(store, batch);
  }
  await runDrain(store, { limits: { batchSize: 500 } });
  // Many others are claimed after them, so that their segment closes.
  await store.redis.set(store.keys.fence, '100000');
  const clock = steppedClock(NOW_MS + 1_000_000);
  const { billed } = await costOf(async () => {
    for (let day = 1; day <= 31; day += 1) {
      clock.step(86_400_000);
      expect(await reconcile({ store, clock, isRepair: true })).toMatchObject({ found: {} });
      await retain({ store, clock, retentionMs: 30 * 86_400_000 });
    }
  });
  expect(await store.redis.dbsize()).toBeLessThan(14);
  return billed;
}

test.for([
  ['without stock', false, 45],
  ['with stock', true, 63],
] as const)(
  'the daily upkeep %s costs 0.1 commands for each order in its 30 days, and a few for each day',
  async ([, hasStock, ofDay]) => {
    const [few, many] = [await upkeepOf(1_000, hasStock), await upkeepOf(3_000, hasStock)];
    expect((many - few) / 2_000).toBeLessThanOrEqual(0.1);
    expect(few / 31).toBeLessThanOrEqual(ofDay);
  },
);
