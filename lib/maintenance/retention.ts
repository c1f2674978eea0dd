import type { Clock } from '../clock.ts';
import type { EndPlace, MaintenanceStore } from '../queue/maintenance-store.ts';

export interface RetentionReport {
  /** Orders that are gone now. */
  readonly produced: number;
  readonly canceled: number;
  /** Orders whose time has come, but whose id may still wait in the queue or the pending. */
  readonly kept: number;
  /** Whether all of them were looked at: it stops where its time is up. */
  readonly isComplete: boolean;
}

export interface RetentionOptions {
  readonly store: Pick<MaintenanceStore, 'endedBefore' | 'forget'>;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a produced or canceled order is kept after its end. */
  readonly retentionMs: number;
  /** Unix milliseconds after which no further step is begun. */
  readonly deadlineMs?: number;
}

/**
 * Forgets the produced and canceled orders that ended longer ago than they are kept, the oldest
 * first, in bounded steps. With an order goes the memory of its idempotency key. Orders that wait
 * and dead ones are never forgotten.
 *
 * @throws StoreUnavailable, StoreFault; the next run goes on
 */
export async function retain(options: RetentionOptions): Promise<RetentionReport> {
  const beforeMs = options.clock.now() - options.retentionMs;
  const produced = await forgetAll(options, 'finished', beforeMs);
  const canceled = await forgetAll(options, 'canceled', beforeMs);
  return {
    produced: produced.gone,
    canceled: canceled.gone,
    kept: produced.kept + canceled.kept,
    isComplete: produced.isComplete && canceled.isComplete,
  };
}

async function forgetAll(
  { store, clock, deadlineMs = Number.POSITIVE_INFINITY }: RetentionOptions,
  place: EndPlace,
  beforeMs: number,
) {
  let gone = 0;
  let kept = 0;
  while (clock.now() < deadlineMs) {
    const ids = await store.endedBefore(place, beforeMs, kept);
    if (ids.length === 0) return { gone, kept, isComplete: true };
    const forgotten = await store.forget(place, ids, beforeMs);
    gone += forgotten;
    kept += ids.length - forgotten;
  }
  return { gone, kept, isComplete: false };
}
