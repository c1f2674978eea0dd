import type { BatchOrder } from '../../lib/client/client.ts';
import type { SheetOrder } from './submission.ts';

/** Few enough for a quick answer, and for little to be resent when an answer is lost. */
const ORDERS_MAX = 100;
/** A quarter of the API's limit, counting the JSON of the orders. */
const BYTES_MAX = 1024 * 1024;

/** An order as an item of a batch. */
export function batchOrderOf({ idempotencyKey, order }: SheetOrder): BatchOrder {
  return { ...order, idempotencyKey } as BatchOrder;
}

/** Groups orders into batches, in order; an order larger than a batch is sent alone. */
export function* batchesOf(submissions: Iterable<SheetOrder>): Generator<SheetOrder[], undefined> {
  let batch: SheetOrder[] = [];
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
