import { newOrder, type TestOrder } from '../support/orders.ts';

/** What clients and producers may write, and what must never be more than text. */
export const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(2)>',
  'javascript:alert(3)',
  '\u202eright to left\u202c \u2067and back\u2069',
  'long '.repeat(40).trim(),
  '🧵👩‍👩‍👧 emoji',
] as const;

export function hostileReason(nth: number): string {
  return HOSTILE[nth % HOSTILE.length] ?? '';
}

/** What an hour leaves. */
export interface Rush {
  readonly accepted: number;
  readonly produced: number;
  /** By three reasons: the downstream system failed, an unknown SKU, none given. */
  readonly dead: readonly [number, number, number];
  readonly toRetry: number;
  readonly scheduled: number;
  readonly canceled: number;
}

/** An hour in which more and more comes: a third of it still waits. */
export const RUSH: Rush = {
  ...{ accepted: 5_000, produced: 3_000, dead: [389, 22, 1] },
  ...{ toRetry: 31, scheduled: 40, canceled: 5 },
};

export type SeedOrder = TestOrder;

const MIN = 60_000;
/** Orders come in bursts, this often in a minute. */
const BURSTS = 4;
const MONEY = [
  ['GBP', 255],
  ['EUR', 1_999],
  ['GBP', 339],
  ['JPY', 1_500],
  ['GBP', 425],
  ['KWD', 12_345],
] as const;
/** One order has the largest total that there is, 2^53 - 1. */
export const LARGEST_NTH = 4_444;
const LARGEST = [
  { sku: 'gold', quantity: 9_007, unitAmount: 10 ** 12 },
  { sku: 'silver', quantity: 1, unitAmount: 199_254_740_991 },
];

/** The orders of an hour, each with its time; more of them towards the end. */
export function rushOrders(
  { accepted, scheduled }: Rush,
  {
    startMs,
    endMs,
    minutes,
  }: { readonly startMs: number; readonly endMs: number; readonly minutes: number },
): SeedOrder[] {
  return Array.from({ length: accepted }, (_, nth) => {
    const burst = Math.floor(minutes * BURSTS * momentOf(nth / accepted));
    const acceptedAtMs = startMs + Math.floor((burst * MIN) / BURSTS);
    const isLater =
      nth % Math.floor(accepted / scheduled) === 3 &&
      nth < scheduled * Math.floor(accepted / scheduled);
    return orderOf(nth, acceptedAtMs, isLater ? endMs + 30 * MIN + nth : undefined);
  });
}

/** Which part of the hour a part of the orders has come by: the rate doubles from its start to its end. */
function momentOf(share: number): number {
  return (Math.sqrt(1 + 3 * share) - 1) / 1;
}

function orderOf(nth: number, acceptedAtMs: number, produceAtMs: number | undefined): SeedOrder {
  const [currency, unitAmount] = MONEY[nth % MONEY.length] ?? ['GBP', 0];
  const quantity = 1 + (nth % 9);
  const isHostile = nth % 97 === 5;
  const text = hostileReason(nth);
  const lines = nth === LARGEST_NTH ? LARGEST : [{ sku: '85123A', quantity, unitAmount }];
  return newOrder(`${536_365 + nth}`, {
    client: nth % 5 === 0 ? 'app' : 'shop',
    acceptedAtMs,
    submission: {
      customer: isHostile ? text.slice(0, 64) : `${17_850 + (nth % 400)}`,
      currency,
      lines,
      totalAmount: lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0),
      reference: isHostile ? text.slice(0, 64) : `PO-${10_000 + nth}`,
      ...(isHostile && { metadata: { note: text } }),
      ...(produceAtMs !== undefined && { produceAtMs }),
    },
  });
}
