import type { Fault } from '../orders/faults.ts';
import type { Submission } from '../orders/submission.ts';
import { unitsOf } from '../store/stock-record.ts';
import type { NoStock } from '../store/submit-stock.ts';

/** An order that is refused because of stock, with a fault for each line that cannot be had. */
export interface RefusedForStock {
  readonly kind: NoStock['kind'];
  readonly errors: readonly Fault[];
}

/** Lines that a refusal names at most: 500 of them in one answer stay under the 6 MB of a Lambda. */
const LINES_MAX = 50;

/** Says which lines of an order cannot be had. */
export function refusedForStock(
  { lines }: Submission,
  { kind, lacking }: NoStock,
): RefusedForStock {
  const left = new Map(lacking.map(({ sku, available }) => [sku, available]));
  const errors = lines.flatMap(({ sku }, at) => {
    const available = left.get(sku);
    if (available === undefined) return [];
    return [{ pointer: `/lines/${at}`, detail: detailOf(kind, available), available }];
  });
  return { kind, errors: errors.slice(0, LINES_MAX) };
}

function detailOf(kind: NoStock['kind'], available: number): string {
  if (kind === 'over-limit') return `This customer may have ${available} more of this SKU.`;
  return available === 0 ? 'Sold out.' : `Only ${available} left.`;
}

/**
 * What an instance of a function remembers of SKUs that it has just seen sold out. An order that wants
 * more than was left is refused without asking for its stock, for as long as the memory lasts.
 */
export interface SoldOut {
  /** What of an order cannot be had, as far as is remembered. */
  lackingFor(submission: Submission, nowMs: number): NoStock | undefined;
  /** @param askedAtMs  Unix milliseconds, from before the store was asked */
  learn(refusal: NoStock, askedAtMs: number): void;
}

const SKUS_MAX = 10_000;

/** @param rememberMs  how long what was sold out counts as that; 0 for not at all */
export function soldOut(rememberMs: number): SoldOut {
  const seen = new Map<string, { readonly available: number; readonly atMs: number }>();
  return {
    lackingFor({ lines }, nowMs) {
      if (seen.size === 0) return undefined;
      const lacking = [...unitsOf(lines)].flatMap(([sku, units]) => {
        const last = seen.get(sku);
        if (last === undefined || units <= last.available) return [];
        // A clock that was put back must not keep anything sold out.
        const isFresh = nowMs >= last.atMs && nowMs - last.atMs < rememberMs;
        return isFresh ? [{ sku, available: last.available }] : [];
      });
      return lacking.length > 0 ? { kind: 'out-of-stock', lacking } : undefined;
    },

    learn({ kind, lacking }, atMs) {
      if (rememberMs === 0 || kind !== 'out-of-stock') return;
      for (const { sku, available } of lacking) {
        seen.delete(sku);
        if (seen.size >= SKUS_MAX) seen.delete(seen.keys().next().value ?? '');
        seen.set(sku, { available, atMs });
      }
    },
  };
}
