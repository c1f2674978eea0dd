import { randomUUID } from 'node:crypto';
import { allStock, changeStock, type StockChange } from '../../lib/store/stock.ts';
import type { TestStore } from '../support/store.ts';
import type { Fault } from './account.ts';
import type { PlannedOrder } from './order-plan.ts';

/** Of the one there is enough for all who want it, of the other for about half of them. */
export const PLENTY = 'plenty';
export const SCARCE = 'scarce';

/** What is put in for a run of so many orders, of which every tenth wants what is scarce. */
function stockFor(orders: number): StockChange[] {
  return [
    { sku: PLENTY, kind: 'set', units: 10 * orders },
    { sku: SCARCE, kind: 'set', units: Math.ceil(orders / 4) },
  ];
}

export async function putStockIn(store: TestStore, orders: number): Promise<void> {
  await changeStock(store, stockFor(orders), randomUUID());
}

/** Counts what orders took, and compares it with the stock. */
export function stockBooks(orders: number) {
  const produced = new Map<string, number>();
  const dead = new Map<string, number>();
  return {
    note({ sku, quantity }: PlannedOrder, status: string | undefined): void {
      const counts = status === 'produced' ? produced : dead;
      if (status !== undefined) counts.set(sku, (counts.get(sku) ?? 0) + quantity);
    },
    /** To the unit, with no upkeep before: what is produced is sold, what is dead still reserved. */
    async faults(store: TestStore): Promise<Fault[]> {
      const kept = new Map((await allStock(store)).stocks.map(({ sku, stock }) => [sku, stock]));
      return stockFor(orders).flatMap(({ sku, units }) => {
        const { available, reserved, sold } = kept.get(sku) ?? {};
        const [taken, held] = [produced.get(sku) ?? 0, dead.get(sku) ?? 0];
        const must = `${units - taken - held} left, ${held} reserved, ${taken} sold`;
        const is = `${available} left, ${reserved} reserved, ${sold} sold`;
        if (is === must && units >= taken + held) return [];
        return [{ kind: 'wrong', id: sku, what: `has ${is}, and not ${must}` }];
      });
    },
  };
}
