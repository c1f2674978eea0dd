import type { ClaimedOrder } from '../orders/order.ts';
import {
  type DrainEnding,
  type DrainRecord,
  LATENCY_BOUNDS_MS,
  type Trigger,
} from '../store/activity.ts';
import type { Settlement } from '../store/settle.ts';
import type { DrainTally } from './drain.ts';

/** What is kept of the last error, in characters. */
const ERROR_CHARACTERS_MAX = 200;

/** Collects what a drain does, for its activity record. */
export class DrainNotes {
  #again = 0;
  #oldestAgeMs = 0;
  #error: string | undefined;
  readonly #latencies: number[] = Array(LATENCY_BOUNDS_MS.length + 1).fill(0);
  /** Whether it ended because the producer is down. */
  isProducerDown = false;
  /** Whether it left orders that were ready. */
  isLeft = false;

  /** Orders that were claimed and are to be produced. */
  claimed(orders: readonly ClaimedOrder[], nowMs: number): void {
    for (const { attempts, acceptedAtMs, produceAtMs = 0 } of orders) {
      if (attempts > 1) this.#again += 1;
      const ageMs = nowMs - Math.max(acceptedAtMs, produceAtMs);
      this.#oldestAgeMs = Math.max(this.#oldestAgeMs, ageMs);
    }
  }

  /** Settlements that stand. */
  settled(standing: readonly Settlement[], nowMs: number): void {
    for (const { kind, readySinceMs, state } of standing) {
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
    { remaining, ...counts }: DrainTally,
    drain: Pick<DrainRecord, 'startMs' | 'endMs' | 'slot'> & { readonly trigger: Trigger },
    { aborted: isLost }: Pick<AbortSignal, 'aborted'>,
  ): DrainRecord {
    const { startMs, endMs, slot, trigger } = drain;
    return {
      ...{ startMs, endMs, slot, drains: 1, woken: trigger === 'woken' ? 1 : 0 },
      ...counts,
      ...{ again: this.#again, depth: remaining, oldestAgeMs: this.#oldestAgeMs },
      ...{ latencies: this.#latencies, ending: this.#ending(isLost) },
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  #ending(isLost: boolean): DrainEnding {
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
