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

/** What an order is counted as. An attempt leaves a state: what is pending without one was not tried. */
export function outcomeOf({ kind, state }: Settlement): Settlement['kind'] | 'retried' | 'untried' {
  if (kind !== 'pending') return kind;
  return state === undefined ? 'untried' : 'retried';
}

/** What became of a batch. */
export function measureSettled(
  { measure }: Metrics,
  standing: readonly Settlement[],
  settledAtMs: number,
): void {
  const countOf = (outcome: ReturnType<typeof outcomeOf>) =>
    standing.filter((one) => outcomeOf(one) === outcome).length;
  measure('OrdersProduced', countOf('produced'));
  measure('OrdersRetried', countOf('retried'));
  measure('OrdersDead', countOf('dead'));
  for (const { readySinceMs } of standing) {
    if (readySinceMs === undefined) continue;
    measure('OrderToProducedTime', Math.max(0, settledAtMs - readySinceMs) / 1_000);
  }
}
