import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Store } from '../../lib/store/connection.ts';
import { changeStock, stocksOf } from '../../lib/store/stock.ts';
import { type SubmitAnswer, submit } from '../../lib/store/submit.ts';
import { NOW_MS, newOrder, type TestOrder } from '../support/orders.ts';

/** An order of SKUs, such as `{ticket: 2}`. */
export function orderOf(
  key: string,
  wants: Readonly<Record<string, number>>,
  overrides: NonNullable<Parameters<typeof newOrder>[1]>['submission'] = {},
): TestOrder {
  const lines = Object.entries(wants).map(([sku, quantity]) => ({ sku, quantity, unitAmount: 1 }));
  return newOrder(key, { submission: { lines, ...overrides } });
}

/** Sets the stock of SKUs. */
export async function stocked(
  store: Store,
  units: Readonly<Record<string, number>>,
  perCustomerMax?: number,
  request: string = randomUUID(),
) {
  const changes = Object.entries(units).map(([sku, count]) => ({
    ...({ sku, kind: 'set', units: count, perCustomerMax } as const),
  }));
  const answers = await changeStock(store, changes, request);
  expect(answers.map(({ kind }) => kind)).toEqual(changes.map(() => 'changed'));
}

/** Submits orders of one client where stock is kept. */
export async function submitWithStock(
  store: Store,
  orders: readonly TestOrder[],
  nowMs = NOW_MS,
): Promise<readonly SubmitAnswer[]> {
  const client = orders[0]?.client ?? '';
  const request = { client, orders, nowMs, pendingMax: 9_000, queueMax: 9_000, hasStock: true };
  return (await submit(store, request)).answers;
}

/** What is left, reserved and sold of a SKU. */
export async function countsOf(store: Store, sku: string): Promise<number[]> {
  const [found] = await stocksOf(store, [sku]);
  const { available, reserved, sold } = found?.stock ?? expect.fail(`${sku} is not tracked`);
  return [available, reserved, sold];
}
