import type { ReasonGroup } from '../contract/reasons-schemas.ts';
import { formatInstant } from '../orders/instant.ts';
import type { DeadOrder } from '../store/newest-dead.ts';

const REASON_CHARACTERS_MAX = 120;
const UNKNOWN = 'no reason was given.';

/** What differs from order to order, and what stands for it. In this order. */
const MASKS: readonly [RegExp, string][] = [
  [/\bord_\w+/g, '…'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '…'],
  [/"[^"]*"/g, '"…"'],
  [/“[^”]*”/g, '“…”'],
  [/`[^`]*`/g, '`…`'],
  // Not an apostrophe: it begins no word.
  [/(?<!\w)'[^']*'(?!\w)/g, "'…'"],
  [/\b(?:0x)?(?=\d*[a-f])[0-9a-f]{8,}\b/g, '…'],
  [/\d+/g, '#'],
  [/\s+/g, ' '],
];

/**
 * A reason without what differs from order to order: digits become `#`; ids, quoted parts and hex of 8
 * digits and more become `…`. In lower case, 120 characters at most.
 */
export function maskedReason(reason: string): string {
  const masked = MASKS.reduce(
    (text, [pattern, mask]) => text.replace(pattern, mask),
    reason.toLowerCase(),
  );
  const short = [...masked.trim()].slice(0, REASON_CHARACTERS_MAX).join('');
  return short === '' ? UNKNOWN : short;
}

/** Groups dead orders by their masked reasons, the largest group first. */
export function groupedByReason(orders: readonly DeadOrder[]): ReasonGroup[] {
  const groups = new Map<string, DeadOrder[]>();
  for (const order of orders) {
    const reason = maskedReason(order.reason);
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, [order]);
    else group.push(order);
  }
  const byName = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
  return [...groups]
    .sort((one, other) => other[1].length - one[1].length || byName(one, other))
    .map(([reason, group]) => groupOf(reason, group));
}

function groupOf(reason: string, group: readonly DeadOrder[]): ReasonGroup {
  const sorted = group.toSorted((one, other) => one.deadAtMs - other.deadAtMs);
  const [first, last] = [sorted[0] as DeadOrder, sorted.at(-1) as DeadOrder];
  const attempts = group.map((order) => order.attempts);
  return {
    ...{ reason, example: last.reason, count: group.length },
    clients: summed(
      group,
      ({ client }) => client,
      () => 1n,
      Number,
    ),
    sums: summed(
      group,
      ({ currency }) => currency,
      ({ totalAmount }) => BigInt(totalAmount),
      String,
    ),
    ...{ firstAt: formatInstant(first.deadAtMs), lastAt: formatInstant(last.deadAtMs) },
    ...{ attemptsMin: Math.min(...attempts), attemptsMax: Math.max(...attempts) },
    redrivenBefore: group.filter(({ wasRedriven }) => wasRedriven).length,
    ids: sorted.map(({ id }) => id),
  };
}

function summed<Sum>(
  orders: readonly DeadOrder[],
  nameOf: (order: DeadOrder) => string,
  amountOf: (order: DeadOrder) => bigint,
  sumOf: (amount: bigint) => Sum,
): Record<string, Sum> {
  const sums = new Map<string, bigint>();
  for (const order of orders) {
    sums.set(nameOf(order), (sums.get(nameOf(order)) ?? 0n) + amountOf(order));
  }
  const named = [...sums].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(named.map(([name, sum]) => [name, sumOf(sum)]));
}
