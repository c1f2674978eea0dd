import type { Clock } from '../clock.ts';
import type { Store } from '../store/connection.ts';
import { segmentIn } from '../store/keys.ts';
import { endedSegments, forgetEndedBefore } from '../store/retention.ts';

export interface RetentionReport {
  /** How many orders were removed. */
  readonly removed: number;
  /** Whether all of them were: it stops when its time is up, and the next run goes on. */
  readonly isComplete: boolean;
}

export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a produced or canceled order is kept after its end. */
  readonly retentionMs: number;
  /** Unix milliseconds after which no further step is begun. */
  readonly deadlineMs?: number;
}

/**
 * Forgets the produced and canceled orders that ended longer ago than they are kept, in bounded
 * steps. With an order goes the memory of its idempotency key. Orders that wait and dead ones are
 * never forgotten.
 *
 * @throws StoreUnavailable, StoreFault; the next run goes on
 */
export async function retain(options: RetentionOptions): Promise<RetentionReport> {
  const { store, clock, retentionMs, deadlineMs = Number.POSITIVE_INFINITY } = options;
  const beforeMs = clock.now() - retentionMs;
  let removed = 0;
  let youngClient: string | undefined;
  for (const name of await endedSegments(store)) {
    // A client's segments come oldest first: where one has nothing to forget, the next have not either.
    if (segmentIn(name).client === youngClient) continue;
    for (let isFirst = true; ; isFirst = false) {
      if (clock.now() >= deadlineMs) return { removed, isComplete: false };
      const count = await forgetEndedBefore(store, name, beforeMs);
      if (count === 0 && isFirst) youngClient = segmentIn(name).client;
      if (!count) break;
      removed += count;
    }
  }
  return { removed, isComplete: true };
}
