import { afterAll, expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { orderOf, stocked, submitWithStock } from '../stock/stock.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';
import { measuredStack } from './measured-stack.ts';

const { proxy, costOf, stop } = await measuredStack();
afterAll(stop);

async function waiting() {
  const store = freshStore(proxy);
  await stocked(store, { a: 1_000, b: 1_000, c: 1_000 }, 900);
  await submitWithStock(store, [orderOf('first', { free: 1 })]);
  return store;
}

/** Beside three for an order where no stock is kept. */
test.for([
  ['an order without tracked SKUs', { free: 1 }, 3 + 1],
  ['an order with one tracked SKU', { a: 1 }, 3 + 2],
  ['an order with three, each with a limit', { a: 1, b: 1, c: 1 }, 3 + 2],
  ['an order that is refused', { a: 1_001 }, 2],
] as const)('%s costs what it says', async ([, wants, billed]) => {
  const store = await waiting();
  const cost = await costOf(() => submitWithStock(store, [orderOf('x', { ...wants })]));
  expect(cost).toEqual({ billed, requests: 1 });
});

test('a batch of 100 that reserves costs two commands more, and a drain of it one more', async () => {
  const lifeOf = async (sku: string) => {
    const store = await waiting();
    const batch = Array.from({ length: 100 }, (_, at) => orderOf(`k${at}`, { [sku]: 1 }));
    const { billed: submit } = await costOf(() => submitWithStock(store, batch));
    const { billed: drain } = await costOf(() => runDrain(store, { limits: { batchSize: 500 } }));
    return { submit, drain };
  };
  const [free, tracked] = [await lifeOf('free'), await lifeOf('a')];
  expect(tracked.submit - free.submit).toBe(1);
  expect(free.submit).toBe(3 + 1);
  expect(tracked.drain - free.drain).toBe(1);
});

test('a cancel that gives back costs one command more', async () => {
  const costOfCancel = async (sku: string) => {
    const store = await waiting();
    const order = orderOf('x', { [sku]: 1 });
    await submitWithStock(store, [order]);
    return (await costOf(() => cancel(store, { id: order.id, nowMs: NOW_MS }))).billed;
  };
  expect((await costOfCancel('a')) - (await costOfCancel('free'))).toBe(1);
});
