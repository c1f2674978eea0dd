import { afterAll, expect, test } from 'vitest';
import { retain } from '../../lib/maintenance/retention.ts';
import { stocksOf } from '../../lib/store/stock.ts';
import { withCounts } from '../../lib/store/stock-record.ts';
import { settled } from '../store/settling.ts';
import { pass } from '../support/maintenance.ts';
import { NOW_MS } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import { countsOf, orderOf, stocked, submitWithStock } from './stock.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

/** Two units sold, three reserved, of ten. */
async function half(): Promise<TestStore> {
  const store = freshStore(stack);
  await stocked(store, { a: 10 }, 5);
  await submitWithStock(store, [orderOf('1', { a: 2 })]);
  await settled(store);
  await submitWithStock(store, [orderOf('2', { a: 3 })]);
  return store;
}

async function rewrite(store: TestStore, counts: Parameters<typeof withCounts>[1]) {
  const [found] = await stocksOf(store, ['a']);
  await store.redis.set(store.keys.stock('a'), withCounts(found?.text ?? '', counts));
}

const NOTHING = { found: {}, repaired: {} };
const repair = (store: TestStore) => pass(store, { isRepair: true, isThorough: true });

test('where stock is what the orders say, nothing is found, also once they are forgotten', async () => {
  const store = await half();
  expect(await repair(store)).toMatchObject(NOTHING);
  const clock = steppedClock(NOW_MS + 40 * 86_400_000);
  expect(await retain({ store, clock, retentionMs: 86_400_000 })).toMatchObject({ removed: 1 });
  expect(await repair(store)).toMatchObject(NOTHING);
  expect(await countsOf(store, 'a')).toEqual([5, 3, 2]);
});

test.for([
  ['too much reserved', { available: 1, reserved: 7, sold: 2, forgotten: 0 }],
  ['too little reserved', { available: 7, reserved: 1, sold: 2, forgotten: 0 }],
  ['too little sold', { available: 5, reserved: 4, sold: 1, forgotten: 0 }],
] as const)('%s is put right, and what was put in stays', async ([, counts]) => {
  const store = await half();
  await rewrite(store, { ...counts, moved: 99 });
  expect(await pass(store, { isRepair: false })).toMatchObject({ found: { stock: 1 } });
  expect(await repair(store)).toMatchObject({ found: { stock: 1 }, repaired: { stock: 1 } });
  expect(await countsOf(store, 'a')).toEqual([5, 3, 2]);
  expect(await repair(store)).toMatchObject(NOTHING);
});

test('more promised than there is shows as less than none, and is refused', async () => {
  const store = await half();
  await rewrite(store, { available: 1, reserved: 0, sold: 2, forgotten: 0, moved: 99 });
  await repair(store);
  expect(await countsOf(store, 'a')).toEqual([-2, 3, 2]);
  expect(await submitWithStock(store, [orderOf('3', { a: 1 })])).toEqual([
    { kind: 'out-of-stock', lacking: [{ sku: 'a', available: 0 }] },
  ]);
});

test('an order that is lost gives its units back', async () => {
  const store = await half();
  await store.redis.del(store.keys.order(orderOf('2', {}).id));
  expect(await repair(store)).toMatchObject({ found: { lost: 1, stock: 1 } });
  expect(await countsOf(store, 'a')).toEqual([8, 0, 2]);
});

test('a SKU is listed where it has stock, and only there', async () => {
  const store = await half();
  await store.redis.zrem(store.keys.skus, 'a');
  await store.redis.zadd(store.keys.skus, { score: 0, member: 'ghost' });
  expect(await repair(store)).toMatchObject({ found: { stock: 2 }, repaired: { stock: 2 } });
  expect(await store.redis.zrange(store.keys.skus, 0, -1)).toEqual(['a']);
});

test('what a customer has is kept for as long as it counts', async () => {
  const store = await half();
  const kept = () => store.redis.keys(store.keys.allowance('*'));
  await repair(store);
  expect(await kept()).toHaveLength(1);
  await store.redis.del(store.keys.stock('a'));
  await repair(store);
  expect(await kept()).toEqual([]);
});
