import type { Metrics } from '../metrics/metrics.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import type { Settlement } from '../store/settle.ts';

/** What a claim shows of the queue: it takes the oldest orders first. */
export function measureClaim(
  { measure }: Metrics,
  orders: readonly ClaimedOrder[],
  nowMs: number,
): void {
  const agesMs = orders.map(({ acceptedAtMs, produceAtMs = 0 }) =>
    Math.max(0, nowMs - Math.max(acceptedAtMs, produceAtMs)),
  );
  measure('OldestOrderAge', Math.max(0, ...agesMs) / 1_000);
  if (orders.length > 0) measure('BatchSize', orders.length);
}

/** What became of a batch. */
export function measureSettled(
  { measure }: Metrics,
  standing: readonly Settlement[],
  settledAtMs: number,
): void {
  const countOf = (kind: Settlement['kind']) => standing.filter((one) => one.kind === kind).length;
  measure('OrdersProduced', countOf('produced'));
  measure('OrdersRetried', countOf('pending'));
  measure('OrdersDead', countOf('dead'));
  for (const { readySinceMs } of standing) {
    if (readySinceMs === undefined) continue;
    measure('OrderToProducedTime', Math.max(0, settledAtMs - readySinceMs) / 1_000);
  }
}
