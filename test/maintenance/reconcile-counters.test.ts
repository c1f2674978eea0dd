import { afterAll, describe, expect, test } from 'vitest';
import { isSettled } from '../../lib/maintenance/reconcile.ts';
import { runDrain } from '../support/drains.ts';
import { pass } from '../support/maintenance.ts';
import { submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore as storeOn, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

describe('a counter', () => {
  async function producedOrders(store: TestStore, count: number) {
    const ids = await submitOrders(store, count);
    await runDrain(store, { limits: { batchSize: 2 } });
    return ids;
  }

  test.each(['gone', 'behind'])('that is %s is raised past all that orders bear', async (how) => {
    const store = freshStore();
    await producedOrders(store, 8);
    const { redis, keys } = store;
    await redis.del(keys.number, keys.fence);
    if (how === 'behind') await redis.mset({ [keys.number]: '3', [keys.fence]: '1' });
    const told = await pass(store);
    expect([told.found, isSettled(told)]).toEqual([{ counter: 2 }, false]);
    const report = await pass(store, { isRepair: true });
    expect([report.repaired, isSettled(report)]).toEqual([{ counter: 2 }, true]);
    expect(await redis.mget(keys.number, keys.fence)).toEqual(['8', '4']);
    expect((await pass(store)).found).toEqual({});
  });

  test('goes past the largest number, also where few orders were asked for theirs', async () => {
    const store = freshStore();
    const ids = await producedOrders(store, 30);
    await store.redis.del(store.keys.number);
    // Only the first order is asked: it bears the number 1, and the counter is at 0.
    await pass(store, {
      isRepair: true,
      wrap: (bare) => ({ ...bare, bearers: () => Promise.resolve(ids.slice(0, 1)) }),
    });
    expect(await store.numbers.take(1)).toBe(31);
  });
});
