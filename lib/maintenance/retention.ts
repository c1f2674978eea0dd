import type { Clock } from '../clock.ts';
import { takeOffBytes } from '../store/bytes.ts';
import { endedSegments } from '../store/catalogue.ts';
import type { Store } from '../store/connection.ts';
import { erase } from '../store/erase.ts';
import { segmentIn } from '../store/keys.ts';
import { knownClients } from '../store/list.ts';
import { deadBefore, forgetEndedBefore } from '../store/retention.ts';

export interface RetentionReport {
  /** How many orders were removed. */
  readonly removed: number;
  /** How many were left, as their states are gone; reconciliation sees to them. */
  readonly kept: number;
  /** Of the removed ones, how many had lost their records before. */
  readonly lost: number;
  /** How many dead orders were discarded. */
  readonly discarded: number;
  /** Whether all of them were: it stops when its time is up, and the next run goes on. */
  readonly isComplete: boolean;
}

export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a produced or canceled order is kept after its end. */
  readonly retentionMs: number;
  /** How long a dead order is kept; without end where it is left out or 0. */
  readonly deadRetentionMs?: number;
  /** Unix milliseconds after which no further step is begun. */
  readonly deadlineMs?: number;
}

/**
 * Forgets the produced and canceled orders that ended longer ago than they are kept, in bounded
 * steps. With an order goes the memory of its idempotency key. Orders that wait are never forgotten. Dead
 * ones that were kept for their time are erased; they then count as canceled, and go as such.
 *
 * @throws StoreUnavailable, StoreFault; the next run goes on
 */
export async function retain(options: RetentionOptions): Promise<RetentionReport> {
  const dead = await discardDead(options);
  const report = { removed: 0, kept: 0, lost: 0, discarded: dead.discarded };
  if (!dead.isComplete) return { ...report, isComplete: false };
  const gone = new Map<string, number>();
  const isComplete = await forgetAll(options, report, gone);
  await takeOffBytes(options.store, gone);
  return { ...report, isComplete };
}

/** @returns whether it came to its end before the time was up */
async function forgetAll(
  { store, clock, retentionMs, deadlineMs = Number.POSITIVE_INFINITY }: RetentionOptions,
  report: { removed: number; kept: number; lost: number },
  gone: Map<string, number>,
): Promise<boolean> {
  const beforeMs = clock.now() - retentionMs;
  let youngClient: string | undefined;
  for (const segment of await endedSegments(store)) {
    // A client's segments come oldest first: where one has nothing to forget, the next have not either.
    const { client } = segmentIn(segment);
    if (client === youngClient) continue;
    let skipped = 0;
    for (let isFirst = true; ; isFirst = false) {
      if (clock.now() >= deadlineMs) return false;
      const step = await forgetEndedBefore(store, { segment, beforeMs, skipped });
      const seen = step.removed + step.kept;
      if (seen === 0 && isFirst) youngClient = client;
      if (seen === 0) break;
      gone.set(client, (gone.get(client) ?? 0) + step.bytes);
      report.removed += step.removed;
      report.kept += step.kept;
      report.lost += step.lost.length;
      skipped += step.kept;
    }
  }
  return true;
}

async function discardDead({
  store,
  clock,
  deadRetentionMs = 0,
  deadlineMs = Number.POSITIVE_INFINITY,
}: RetentionOptions): Promise<Pick<RetentionReport, 'discarded' | 'isComplete'>> {
  let discarded = 0;
  if (deadRetentionMs === 0) return { discarded, isComplete: true };
  const beforeMs = clock.now() - deadRetentionMs;
  for (const client of await knownClients(store)) {
    let skipped = 0;
    for (;;) {
      const ids = await deadBefore(store, client, { beforeMs, skipped });
      if (ids.length === 0) break;
      for (const id of ids) {
        if (clock.now() >= deadlineMs) return { discarded, isComplete: false };
        const { kind } = await erase(store, id, clock.now());
        if (kind === 'erased') discarded += 1;
        else skipped += 1;
      }
    }
  }
  return { discarded, isComplete: true };
}
