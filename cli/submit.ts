import type { BatchResult } from '../lib/client/batch-result.ts';
import type { Client } from '../lib/client/client.ts';
import { SubmitInterrupted } from '../lib/client/errors.ts';
import type { Problem } from '../lib/client/problem.ts';
import { failureOf } from './api-faults.ts';
import { batchesOf, batchOrderOf } from './batches.ts';
import type { Failure } from './failure.ts';
import {
  type Fault,
  type OrdersFile,
  type Reject,
  rejectOf,
  type Submission,
} from './submission.ts';

export interface SubmitOptions {
  /** How many batches are under way at once. */
  readonly concurrency: number;
  /** When it aborts, no new batch is begun and those under way are waited for. */
  readonly stop: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  readonly ordersDone: number;
  readonly rejected: number;
}

/** What became of the file. */
export interface Tally {
  readonly orders: number;
  /** Accepted now, for the first time. */
  accepted: number;
  /** Accepted by an earlier run, or by an earlier line with the same idempotency key and order. */
  replayed: number;
  /** Order lines of the accepted and the replayed. */
  lines: number;
  /** Minor units of the accepted and the replayed, by currency. */
  readonly totals: Map<string, bigint>;
  readonly rejects: Reject[];
  end: { kind: 'finished' } | { kind: 'stopped' } | { kind: 'failed'; failure: Failure };
}

/**
 * Submits every order of a file, `concurrency` batches at once, in the file's order as far as that
 * allows. A fault of the API ends the run, after the batches under way: the orders of every batch
 * that was answered are counted, and the others can be submitted by running the same file again.
 */
export async function submitFile(
  client: Pick<Client, 'submitBatch'>,
  file: OrdersFile,
  { concurrency, stop, onProgress }: SubmitOptions,
): Promise<Tally> {
  const tally = emptyTally(file);
  const failed = new AbortController();
  const ended = AbortSignal.any([stop, failed.signal]);
  const batches = batchesOf(file.submissions);

  async function submitInTurn(): Promise<void> {
    while (!ended.aborted) {
      const { value: batch } = batches.next();
      if (!batch) return;
      await submitBatch(batch);
    }
  }

  async function submitBatch(batch: readonly Submission[]): Promise<void> {
    const countAll = (results: Iterable<[number, BatchResult]>) => {
      for (const [at, result] of results) count(tally, batch[at] as Submission, result);
      onProgress({ ordersDone: doneOf(tally), rejected: tally.rejects.length });
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
    const failure = failureOf(error);
    if (!failure) throw error;
    if (tally.end.kind !== 'failed') tally.end = { kind: 'failed', failure };
    failed.abort();
  }

  await Promise.all(Array.from({ length: concurrency }, () => submitInTurn().catch(endRun)));
  if (tally.end.kind === 'finished' && doneOf(tally) < tally.orders)
    tally.end = { kind: 'stopped' };
  tally.rejects.sort((one, other) => one.row - other.row);
  return tally;
}

function emptyTally({ submissions, rejects }: OrdersFile): Tally {
  return {
    orders: submissions.length + rejects.length,
    accepted: 0,
    replayed: 0,
    lines: 0,
    totals: new Map(),
    rejects: [...rejects],
    end: { kind: 'finished' },
  };
}

function doneOf({ accepted, replayed, rejects }: Tally): number {
  return accepted + replayed + rejects.length;
}

function count(tally: Tally, submission: Submission, result: BatchResult): void {
  if (result.kind === 'refused') {
    tally.rejects.push(rejectFrom(submission, result.problem));
    return;
  }
  const { currency, totalAmount } = result.receipt;
  if (result.isReplay) tally.replayed += 1;
  else tally.accepted += 1;
  tally.lines += Array.isArray(submission.order.lines) ? submission.order.lines.length : 0;
  tally.totals.set(currency, (tally.totals.get(currency) ?? 0n) + BigInt(totalAmount));
}

/** The server's faults in the file's terms, in the order of its rows. */
function rejectFrom(submission: Submission, { status, detail, errors }: Problem): Reject {
  const { idempotencyKey: key, row, locate } = submission;
  const located = errors.map((fault): Fault => {
    const place = locate(fault.pointer);
    return { row: place.row, text: `${place.label}: ${fault.detail}` };
  });
  const [first, ...others] = located.sort((one, other) => one.row - other.row);
  if (first) return rejectOf(key, [first, ...others]);
  const reused = 'this idempotency key was used before, for a different order, which stands';
  return rejectOf(key, [{ row, text: status === 422 ? `${reused}: ${detail}` : detail }]);
}
