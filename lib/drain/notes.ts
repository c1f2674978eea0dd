import type { ClaimedOrder } from '../orders/order.ts';
import {
  type DrainEnding,
  type DrainRecord,
  LATENCY_BOUNDS_MS,
  type Trigger,
} from '../store/activity.ts';
import type { Claim } from '../store/claim.ts';
import type { Settlement } from '../store/settle.ts';
import { outcomeOf } from './measurements.ts';

/** What is kept of the last error, in characters. */
const ERROR_CHARACTERS_MAX = 200;

/** Collects what a drain does, for its activity record. */
export class DrainNotes {
  readonly tally = { claimed: 0, produced: 0, retried: 0, dead: 0 };
  /** Orders that came in: nobody has handed them to a producer before, or has given them back since. */
  #arrived = 0;
  /** Of the batches under way, those that come in by being handed to a producer at their time. */
  readonly #scheduled = new Set<string>();
  #token = 0;
  #oldestAgeMs = 0;
  #error: string | undefined;
  readonly #latencies: number[] = Array(LATENCY_BOUNDS_MS.length + 1).fill(0);
  /** Whether it ended because the producer is down. */
  isProducerDown = false;
  /** Whether it left orders that were ready. */
  isLeft = false;
  /** Whether it failed. */
  isFailed = false;
  /** How many orders it left, in queues and due; `undefined` where that is not known. */
  left: { readonly queued: number; readonly due: number } | undefined;

  /** What was claimed. */
  took({ leases, popped, token }: Claim): void {
    this.tally.claimed += leases.length;
    this.#arrived += popped;
    this.#token = Math.max(this.#token, token);
  }

  /** Orders that were claimed and are to be produced. */
  claimed(orders: readonly ClaimedOrder[], nowMs: number): void {
    for (const { id, attempts, acceptedAtMs, produceAtMs = 0 } of orders) {
      if (attempts === 1 && produceAtMs > 0) {
        this.#arrived += 1;
        this.#scheduled.add(id);
      }
      const ageMs = nowMs - Math.max(acceptedAtMs, produceAtMs);
      this.#oldestAgeMs = Math.max(this.#oldestAgeMs, ageMs);
    }
  }

  /** Settlements that stand. */
  settled(standing: readonly Settlement[], nowMs: number): void {
    for (const settlement of standing) {
      const { kind, lease, dueAtMs, readySinceMs, state } = settlement;
      const isHanded = this.#scheduled.delete(lease.id);
      // Given back at its turn, or found in a queue although its time is later: it will come in once more.
      const isBack = outcomeOf(settlement) === 'untried' && lease.claims === 1;
      if (isBack && (isHanded || dueAtMs !== lease.rank)) this.#arrived -= 1;
      if (readySinceMs !== undefined) this.#addLatency(nowMs - readySinceMs);
      if (kind === 'pending' || kind === 'dead') this.failed(state?.lastError?.reason);
    }
  }

  /** Why something failed. */
  failed(reason: string | undefined): void {
    if (reason === undefined) return;
    this.#error = [...reason].slice(0, ERROR_CHARACTERS_MAX).join('');
  }

  /** @param lock  the signal of the lock under which it ran */
  record(
    drain: Pick<DrainRecord, 'startMs' | 'endMs' | 'slot'> & { readonly trigger: Trigger },
    { aborted: isLost }: Pick<AbortSignal, 'aborted'>,
  ): DrainRecord {
    const { startMs, endMs, slot, trigger } = drain;
    return {
      ...{ startMs, endMs, slot, drains: 1, woken: trigger === 'woken' ? 1 : 0 },
      ...{ ...this.tally, arrived: this.#arrived, token: this.#token },
      ...{ queued: this.left?.queued ?? null, due: this.left?.due ?? null },
      ...{ oldestAgeMs: this.#oldestAgeMs },
      ...{ latencies: this.#latencies, ending: this.#ending(isLost) },
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  #ending(isLost: boolean): DrainEnding {
    if (this.isFailed) return 'store-failed';
    if (isLost) return 'lock-lost';
    if (this.isProducerDown) return 'producer-down';
    return this.isLeft ? 'time-up' : 'empty';
  }

  #addLatency(ms: number): void {
    const found = LATENCY_BOUNDS_MS.findIndex((boundMs) => ms <= boundMs);
    const at = found === -1 ? LATENCY_BOUNDS_MS.length : found;
    this.#latencies[at] = (this.#latencies[at] ?? 0) + 1;
  }
}
