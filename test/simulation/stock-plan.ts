import type { Submission } from '../../lib/orders/submission.ts';
import type { StockChange } from '../../lib/store/stock.ts';
import type { Plan } from './plan.ts';
import { type Random, randomFrom } from './random.ts';

/** What a seed decides about stock. */
export interface StockPlan {
  /** What is put in at first. */
  readonly first: readonly StockChange[];
  /** Later changes, and how long after the start, in milliseconds. */
  readonly changes: readonly (readonly [afterMs: number, change: StockChange])[];
  /** SKUs that are tracked no longer from a time on, until they are set again. */
  readonly untracks: readonly (readonly [afterMs: number, sku: string])[];
  /** Cancels beside those of every seed. */
  readonly cancels: number;
  /** How long an intake remembers what is sold out. */
  readonly soldOutMs: number;
}

/** SKUs of which stock may be kept: all others that orders want are not tracked. */
export const TRACKED_SKUS: readonly string[] = ['sku-1', 'sku-2', 'sku-3'];
/** What one customer may have of the last of them. */
const LIMIT = 8;
/** Fewer than a stock has marks, by which a repeat of a change is known. */
const CHANGES_MAX = 5;
/** Each may have its SKU set once more. */
const UNTRACKS_MAX = 2;

/** Stock in every fourth seed. It draws from chance of its own: what else a seed decides stays. */
export function withStock(plan: Plan): Plan {
  if (plan.seed % 4 !== 1) return plan;
  const stock = stockPlanOf(plan);
  const orders = plan.orders.map((order) => ({ ...order, bodies: order.bodies.map(wantingFew) }));
  return { ...plan, orders, cancels: plan.cancels + stock.cancels, stock };
}

function stockPlanOf({ seed, stormMs }: Plan): StockPlan {
  const random = randomFrom(seed ^ 0x3c6ef372);
  const tracked = TRACKED_SKUS.slice(random.whole(0, 1));
  const change = (kind: 'set' | 'add'): StockChange => {
    const sku = random.pick(tracked);
    return { sku, kind, units: kind === 'set' ? unitsOf(random) : random.whole(-9, 20) };
  };
  const first = tracked.map((sku) => ({
    ...({ sku, kind: 'set', units: unitsOf(random) } as const),
    ...(sku === TRACKED_SKUS.at(-1) && { perCustomerMax: LIMIT }),
  }));
  const changes = Array.from(
    { length: random.whole(0, CHANGES_MAX) },
    (): StockPlan['changes'][number] => [
      random.whole(0, stormMs),
      change(random.pick(['set', 'add', 'add'])),
    ],
  );
  return {
    first,
    changes,
    cancels: random.whole(0, 8),
    soldOutMs: random.pick([0, 1_000, 10_000]),
    untracks: changes.flatMap((one) => untracksAfter(random, one)).slice(0, UNTRACKS_MAX),
  };
}

/** Most soon after a change, so that a late repeat of that finds the SKU untracked. */
function untracksAfter(random: Random, [afterMs, { sku }]: StockPlan['changes'][number]) {
  return random.chance(0.5) ? [[afterMs + random.whole(0, 10_000), sku] as const] : [];
}

function unitsOf(random: Random): number {
  return random.whole(0, random.pick([10, 40, 100]));
}

/** The same order for few SKUs, so that several want the same. */
export function wantingFew(submission: Submission): Submission {
  const lines = submission.lines.map((line) => ({
    ...line,
    sku: `sku-${1 + (Number(line.sku.slice(4)) % 4)}`,
  }));
  return { ...submission, lines };
}
