import type { ReasonGroup } from '../../../lib/contract/reasons-schemas.ts';

/** Groups as one: what they are worth by currency, and when the first and the last died. */
export function addedUp(groups: readonly ReasonGroup[]) {
  const sums: Record<string, bigint> = {};
  for (const group of groups) {
    for (const [currency, units] of Object.entries(group.sums)) {
      sums[currency] = (sums[currency] ?? 0n) + BigInt(units);
    }
  }
  const firstAt = groups.map((group) => group.firstAt).reduce((a, b) => (a < b ? a : b), '9999');
  const lastAt = groups.map((group) => group.lastAt).reduce((a, b) => (a > b ? a : b), '');
  return { sums, firstAt, lastAt };
}

/** The orders that died of the same since a group was listed: they are not among those to put back. */
export function diedSince(
  listed: Pick<ReasonGroup, 'reason' | 'ids'>,
  now: readonly Pick<ReasonGroup, 'reason' | 'ids'>[],
): number {
  const known = new Set(listed.ids);
  const group = now.find(({ reason }) => reason === listed.reason);
  return group?.ids.filter((id) => !known.has(id)).length ?? 0;
}
