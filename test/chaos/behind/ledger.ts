import type { Nature } from '../order-plan.ts';

/** What a downstream system knows of an order. */
export interface Entry {
  /** The number that it took effect with. */
  orderNumber?: number;
  /** How often it took effect. */
  effects: number;
  /** What its effects come to, in the currency's minor unit. */
  amount: number;
  /** The fencing token of each call, as far as it is known. */
  readonly tokens: number[];
}

/** An order as it is handed over. */
export interface Handover {
  readonly id: string;
  readonly nature: Nature;
  readonly totalAmount: number;
  /** The number that it would get, where it is not for the ledger to give one. */
  readonly orderNumber?: number;
}

export type Verdict =
  | { readonly kind: 'produced'; readonly orderNumber: number }
  | { readonly kind: 'retry' | 'rejected'; readonly reason: string };

export interface Ledger {
  readonly entries: ReadonlyMap<string, Entry>;
  /** An order has come, whatever becomes of it. */
  seen(id: string, token: number): void;
  /**
   * Gives an order its effect, if none was given under the same key.
   *
   * @param key  the idempotency key that it came with
   */
  take(key: string, order: Handover): Verdict;
}

/** The books of a downstream system that knows orders by their idempotency keys, and counts effects. */
export function createLedger(): Ledger {
  const entries = new Map<string, Entry>();
  const numbers = new Map<string, number>();
  const wasBusy = new Set<string>();

  function entryOf(id: string): Entry {
    const entry = entries.get(id) ?? { effects: 0, amount: 0, tokens: [] };
    entries.set(id, entry);
    return entry;
  }

  return {
    entries,
    seen(id, token) {
      entryOf(id).tokens.push(token);
    },
    take(key, { id, nature, totalAmount, orderNumber = numbers.size + 1 }) {
      if (nature === 'reject') return { kind: 'rejected', reason: 'no such sku' };
      if (nature === 'retry' && !wasBusy.has(id)) {
        wasBusy.add(id);
        return { kind: 'retry', reason: 'busy' };
      }
      const before = numbers.get(key);
      if (before !== undefined) return { kind: 'produced', orderNumber: before };
      numbers.set(key, orderNumber);
      const entry = entryOf(id);
      Object.assign(entry, { orderNumber, effects: entry.effects + 1 });
      entry.amount += totalAmount;
      return { kind: 'produced', orderNumber };
    },
  };
}
