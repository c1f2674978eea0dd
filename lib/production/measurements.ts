import type { Metrics } from '../metrics/metrics.ts';
import type { Claim, ClaimedOrder, Settlement } from '../queue/store.ts';

/** Ids by what became of them; those of `refused` another drain has claimed since. */
export type Settled = Record<Settlement['kind'] | 'refused', string[]>;

/** What a claim tells of the queue: it takes the oldest first. */
export function measureClaim(
  { measure }: Metrics,
  { orders, dead }: Claim,
  claimedAtMs: number,
): void {
  const agesMs = orders.map((order) => Math.max(0, claimedAtMs - producibleSinceMs(order)));
  measure('OldestOrderAge', Math.max(0, ...agesMs) / 1_000);
  measure('OrdersDead', dead.length);
  if (orders.length > 0) measure('BatchSize', orders.length);
}

/** What became of a batch, as far as it stands. */
export function measureSettled(
  { measure }: Metrics,
  { orders }: Claim,
  { produced, retry, dead }: Settled,
  settledAtMs: number,
): void {
  measure('OrdersProduced', produced.length);
  measure('OrdersRetried', retry.length);
  measure('OrdersDead', dead.length);
  const isProduced = new Set(produced);
  for (const order of orders) {
    if (!isProduced.has(order.id)) continue;
    measure('OrderToProducedTime', Math.max(0, settledAtMs - producibleSinceMs(order)) / 1_000);
  }
}

/** Nobody waits for a scheduled order before its time. */
function producibleSinceMs({ acceptedAtMs, produceAtMs }: ClaimedOrder): number {
  return Math.max(acceptedAtMs, produceAtMs ?? 0);
}
