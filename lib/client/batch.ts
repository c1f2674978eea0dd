import type * as z from 'zod/mini';
import type { batchItemSchema } from '../contract/schemas.ts';
import { errorOf, read, resultsSchema } from './answers.ts';
import type { BatchResult } from './batch-result.ts';
import { SubmitInterrupted } from './errors.ts';
import type { Immutable } from './immutable.ts';
import { problemIn, problemOf } from './problem.ts';
import type { CallOptions, Send } from './send.ts';

/** An order of a batch, under its own key. */
export type KeyedOrder = Immutable<z.input<typeof batchItemSchema>>;

/** How the API refuses a whole batch. */
const STATUSES_REFUSED: ReadonlySet<number> = new Set([400, 413]);

/**
 * POST /orders/batch: a result for each order, in their order. The API refuses a whole batch because of
 * one order that is too large, so a refused batch is sent again in halves to get the others through.
 */
export async function submitBatch(
  send: Send,
  orders: readonly KeyedOrder[],
  options: CallOptions,
): Promise<BatchResult[]> {
  const answer = await send(
    {
      method: 'POST',
      path: 'orders/batch',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ orders }),
      isRepeatable: true,
    },
    options,
  );
  if (!STATUSES_REFUSED.has(answer.status)) {
    return read(answer, 200, resultsSchema(orders.length)).results.map(resultOf);
  }
  if (orders.length === 0) throw errorOf(answer);
  if (orders.length === 1) return [{ kind: 'refused', problem: problemIn(answer) }];
  const middle = Math.ceil(orders.length / 2);
  const first = await submitBatch(send, orders.slice(0, middle), options);
  try {
    return [...first, ...(await submitBatch(send, orders.slice(middle), options))];
  } catch (error) {
    throw interrupted(first, error);
  }
}

/** Adds earlier results to those of the failed part. */
function interrupted(before: readonly BatchResult[], error: unknown): SubmitInterrupted {
  const results = new Map(before.entries());
  if (!(error instanceof SubmitInterrupted)) return new SubmitInterrupted(results, error);
  for (const [at, result] of error.results) results.set(before.length + at, result);
  return new SubmitInterrupted(results, error.cause);
}

type Result = z.infer<ReturnType<typeof resultsSchema>>['results'][number];

function resultOf(result: Result): BatchResult {
  if (result.status !== 202) {
    return { kind: 'refused', problem: problemOf(result.status, result.problem) };
  }
  return { kind: 'accepted', receipt: result.order, isReplay: result.replayed };
}
