import type { BatchResult } from '../../lib/client/batch-result.ts';
import type { Client } from '../../lib/client/client.ts';
import { SubmitInterrupted } from '../../lib/client/errors.ts';
import type { Problem } from '../../lib/client/problem.ts';
import { failureOf } from '../api-faults.ts';
import type { CommandFailure } from '../failure.ts';
import { batchesOf, batchOrderOf } from './batches.ts';
import type { Kept } from './sheet.ts';
import { locatedFaults, type RowFault, reasonOf, type SheetOrder } from './submission.ts';

export interface SendOptions {
  /** How many orders there are to send. */
  readonly orders: number;
  /** How many batches are in flight at once. */
  readonly concurrency: number;
  /** When it aborts, no new batch is sent and those in flight are awaited. */
  readonly stop: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Called for each order that the API does not accept. */
  readonly onReject: (kept: Kept) => void;
}

export interface Progress {
  readonly ordersDone: number;
  readonly rejected: number;
}

/** The outcome of sending. */
export interface Tally {
  readonly orders: number;
  /** Accepted now, for the first time. */
  accepted: number;
  /** Accepted before: in an earlier run, or earlier in the file under the same key. */
  replayed: number;
  /** Given the content of the file in place of another. */
  replaced: number;
  /** Order lines of accepted, replayed and replaced orders. */
  lines: number;
  /** Their totals in minor units, by currency. */
  readonly totals: Map<string, bigint>;
  /** Accepted before with other content, which stands. */
  different: number;
  rejected: number;
  end: { kind: 'finished' } | { kind: 'stopped' } | { kind: 'failed'; failure: CommandFailure };
}

/**
 * Submits orders, `concurrency` batches at once, roughly in the order of the file. An API failure
 * ends the run once the batches in flight are answered. Every answered order is counted; the others
 * can be submitted by running the same file again.
 */
export async function sendOrders(
  client: Pick<Client, 'submitBatch'>,
  submissions: Iterable<SheetOrder>,
  { orders, concurrency, stop, onProgress, onReject }: SendOptions,
): Promise<Tally> {
  const tally = emptyTally(orders);
  const failed = new AbortController();
  const ended = AbortSignal.any([stop, failed.signal]);
  const batches = batchesOf(submissions);

  async function submitInTurn(): Promise<void> {
    while (!ended.aborted) {
      const { value: batch } = batches.next();
      if (!batch) return;
      await submitBatch(batch);
    }
  }

  async function submitBatch(batch: readonly SheetOrder[]): Promise<void> {
    const countAll = (results: Iterable<[number, BatchResult]>) => {
      for (const [at, result] of results) {
        const refused = count(tally, batch[at] as SheetOrder, result);
        if (refused) onReject(refused);
      }
      onProgress({ ordersDone: doneOf(tally), rejected: tally.rejected });
    };
    try {
      const results = await client.submitBatch(batch.map(batchOrderOf), { stop: ended });
      countAll(results.entries());
    } catch (error) {
      if (!(error instanceof SubmitInterrupted)) throw error;
      countAll(error.results);
      throw error.cause;
    }
  }

  function endRun(error: unknown): void {
    if (ended.aborted && error instanceof Error && error.name === 'AbortError') return;
    fail(tally, error);
    failed.abort();
  }

  await Promise.all(Array.from({ length: concurrency }, () => submitInTurn().catch(endRun)));
  if (tally.end.kind === 'finished' && doneOf(tally) < tally.orders)
    tally.end = { kind: 'stopped' };
  return tally;
}

export function emptyTally(orders: number): Tally {
  return {
    orders,
    accepted: 0,
    replayed: 0,
    replaced: 0,
    lines: 0,
    totals: new Map(),
    different: 0,
    rejected: 0,
    end: { kind: 'finished' },
  };
}

/** Ends a run that the API has failed. Any other error is thrown. */
export function fail(tally: Tally, error: unknown): void {
  const failure = failureOf(error);
  if (!failure) throw error;
  if (tally.end.kind !== 'failed') tally.end = { kind: 'failed', failure };
}

/** How many orders are in the API with the content of the file. */
export function acceptedOf({ accepted, replayed, replaced }: Tally): number {
  return accepted + replayed + replaced;
}

/** How many orders were answered. */
export function doneOf(tally: Tally): number {
  return acceptedOf(tally) + tally.different + tally.rejected;
}

/** @returns the order, if the API refused it */
function count(tally: Tally, submission: SheetOrder, result: BatchResult): Kept | undefined {
  if (result.kind === 'refused') {
    const kept = keptOf(submission, result.problem);
    if (kept.fate === 'different') tally.different += 1;
    else tally.rejected += 1;
    return kept;
  }
  if (result.isReplay) tally.replayed += 1;
  else tally.accepted += 1;
  countAccepted(tally, submission, result.receipt);
  return undefined;
}

/** Counts what an accepted order contains. */
export function countAccepted(
  tally: Tally,
  { order: { lines } }: SheetOrder,
  { currency, totalAmount }: { readonly currency: string; readonly totalAmount: number },
): void {
  tally.lines += Array.isArray(lines) ? lines.length : 0;
  tally.totals.set(currency, (tally.totals.get(currency) ?? 0n) + BigInt(totalAmount));
}

/** How the API says that an order was accepted before with other content. */
const DIFFERENT = new Map<string, string>([
  [
    '/problems/idempotency-key-reused',
    'an order with other content was accepted under this key before, and stands; --replace replaces it',
  ],
  [
    '/problems/order-replaced',
    'the order with this content was replaced since, and its new content stands; --replace puts this ' +
      'content back',
  ],
]);

/** Translates the server's faults into rows and columns of the file. */
export function keptOf(submission: SheetOrder, { type, detail, errors }: Problem): Kept {
  const { id, idempotencyKey: key, row } = submission;
  const different = DIFFERENT.get(type);
  if (different) return { id, key, fate: 'different', row, reason: different };
  const located = locatedFaults(submission, errors);
  const faults: RowFault[] = located.length > 0 ? located : [{ row, text: detail }];
  return { id, key, fate: 'rejected', ...reasonOf(faults) };
}
