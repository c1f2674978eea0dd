import { expect } from 'vitest';
import type { Submission } from '../../lib/orders/submission.ts';
import { wrongPlace } from '../simulation/invariants.ts';
import { checkStockAtEnd } from '../simulation/rules/stock.ts';
import { LOOK, type StoreState, stateFrom } from '../simulation/state.ts';
import { TRACKED_SKUS } from '../simulation/stock-plan.ts';
import { orderOf, stocked } from '../stock/stock.ts';
import type { TestOrder } from '../support/orders.ts';
import type { Stack } from '../support/stack.ts';
import { storeWith, type TestStore } from '../support/store.ts';

/** The store of one history, and a look at all of it. */
export interface Ground {
  readonly store: TestStore;
  look(ids: readonly string[]): Promise<StoreState>;
}

let grounds = 0;

/** What all orders want, each as much of it, and how much is put in where no more is said. */
export const SKU = 'sku-1';
export const UNITS_WANTED = 6;
export const UNITS = 60;

export function wantingOrder(key: string, overrides: Partial<Submission> = {}): TestOrder {
  return orderOf(key, { [SKU]: UNITS_WANTED }, { totalAmount: UNITS_WANTED, ...overrides });
}

/** Keys of its own, with stock, on a Redis that no other test uses: some histories make it forget its scripts. */
export async function groundOn(stack: Stack, units = UNITS): Promise<Ground> {
  grounds += 1;
  const prefix = `crash-${grounds}:`;
  const store = storeWith(stack, prefix);
  await stocked(store, { [SKU]: units });
  return {
    store,
    async look(ids) {
      // No lock: looking at one takes its expiry off.
      const lists = [['shop', '!shop'], [], ids, TRACKED_SKUS].map((list) => JSON.stringify(list));
      const reply = await stack.admin('EVAL', LOOK, '0', prefix, ...lists);
      return stateFrom(reply?.kind === 'bulk' ? reply.bytes.toString() : '', ids, [
        'shop',
        '!shop',
      ]);
    },
  };
}

/**
 * Between two lives, each order that is there is in exactly one place, the one that its state tells, and
 * stock is what the orders say.
 *
 * @returns the ids of those that are there
 */
export function expectInOnePlace(state: StoreState): string[] {
  const { orders, strangers } = state;
  checkStockAtEnd(state);
  expect(strangers).toEqual([]);
  for (const [id, order] of orders) expect(wrongPlace(order, 'shop'), id).toBeUndefined();
  return [...orders].flatMap(([id, { record }]) => (record === undefined ? [] : [id]));
}
