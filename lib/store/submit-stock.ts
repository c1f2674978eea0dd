import type { NewOrder } from './order-record.ts';
import { allowanceOf, unitsOf } from './stock-record.ts';

/** An order that wants more of some SKUs than there is, or than its customer may have. */
export interface NoStock {
  readonly kind: 'out-of-stock' | 'over-limit';
  readonly lacking: readonly { readonly sku: string; readonly available: number }[];
}

/** Redis takes about 8,000 arguments of a command from a script: pairs of keys and values. */
const KEYS_MAX = 3_900;

/** Orders of one call, with the SKUs and the customers' allowances of them, numbered from 1 on. */
export interface WantingPart {
  readonly orders: readonly NewOrder[];
  readonly skus: readonly string[];
  readonly allowances: readonly string[];
  /** What each order wants, as the script reads it; empty where no stock is kept. */
  readonly wants: readonly string[];
}

interface Wanting {
  readonly client: string;
  readonly orders: readonly NewOrder[];
  readonly hasStock?: boolean;
}

type Growing = { [Name in keyof WantingPart]: WantingPart[Name][number][] };

/** One call, unless the orders have very many SKUs. */
export function wantingParts({
  client,
  orders,
  hasStock = false,
}: Wanting): readonly WantingPart[] {
  if (!hasStock) return [{ orders, skus: [], allowances: [], wants: [] }];
  const parts: Growing[] = [];
  let [skus, allowances] = [new Map<string, number>(), new Map<string, number>()];
  let part: Growing | undefined;
  for (const order of orders) {
    const { lines, customer } = order.submission;
    const units = unitsOf(lines);
    const size = (part?.orders.length ?? 0) + skus.size + allowances.size + 2 * units.size;
    if (part === undefined || size >= KEYS_MAX) {
      part = { orders: [], skus: [], allowances: [], wants: [] };
      [skus, allowances] = [new Map(), new Map()];
      parts.push(part);
    }
    const wants: string[] = [];
    for (const [sku, count] of units) {
      const allowance = allowanceOf(client, customer, sku);
      if (!skus.has(sku)) skus.set(sku, part.skus.push(sku));
      if (!allowances.has(allowance)) allowances.set(allowance, part.allowances.push(allowance));
      wants.push(`${skus.get(sku)}:${allowances.get(allowance)}:${count}`);
    }
    part.orders.push(order);
    part.wants.push(wants.join());
  }
  return parts;
}

/** Reads `out 1=0 2=5` or `over 1=0`, in which SKUs have numbers. */
export function noStockFrom(answer: string, skus: readonly string[]): NoStock {
  const [word, ...lacking] = answer.split(' ');
  return {
    kind: word === 'out' ? 'out-of-stock' : 'over-limit',
    lacking: lacking.map((entry) => {
      const [number, available] = entry.split('=').map(Number);
      return { sku: skus[(number ?? 0) - 1] ?? '', available: available ?? 0 };
    }),
  };
}
