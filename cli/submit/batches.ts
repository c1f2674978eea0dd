import type { BatchOrder } from '../../lib/client/client.ts';
import type { Submission } from './submission.ts';

/** Few enough that a batch is answered soon, and that little is sent again when its answer is lost. */
const ORDERS_MAX = 100;
/** A quarter of what the API takes, of the orders' own JSON. */
const BYTES_MAX = 1024 * 1024;

/** An order of a file as a batch carries it: as it is, as the server is the judge of it. */
export function batchOrderOf({ idempotencyKey, order }: Submission): BatchOrder {
  return { ...order, idempotencyKey } as BatchOrder;
}

/** Cuts the orders of a file into batches, in their order; one that is larger than a batch is alone. */
export function* batchesOf(submissions: Iterable<Submission>): Generator<Submission[], undefined> {
  let batch: Submission[] = [];
  let batchBytes = 0;
  for (const submission of submissions) {
    const bytes = Buffer.byteLength(JSON.stringify(batchOrderOf(submission)));
    const isFull = batch.length === ORDERS_MAX || batchBytes + bytes > BYTES_MAX;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(submission);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}
