import { type Receipt, receiptOf } from '../orders/documents.ts';
import { fingerprintOf, orderIdOf } from '../orders/identity.ts';
import type { Submission } from '../orders/submission.ts';
import type { IntakeStore } from '../queue/store.ts';

export interface SubmitRequest {
  /** The name of the client that submits. */
  readonly client: string;
  readonly idempotencyKey: string;
  readonly submission: Submission;
}

export type SubmitOutcome =
  | { readonly kind: 'accepted' | 'replayed'; readonly receipt: Receipt }
  /** The key stands for another order already; that one is unchanged. */
  | { readonly kind: 'key-reused' };

/**
 * Takes an order in: once it is answered, it is in the store and in the queue.
 *
 * @param nowMs  Unix milliseconds
 * @throws StoreUnavailable where the outcome is unknown; the same request is safe to repeat
 */
export async function submitOrder(
  store: IntakeStore,
  { client, idempotencyKey, submission }: SubmitRequest,
  nowMs: number,
): Promise<SubmitOutcome> {
  const id = orderIdOf(client, idempotencyKey);
  const fingerprint = fingerprintOf(submission);
  const order = { id, client, fingerprint, submission, acceptedAtMs: nowMs };
  const answer = await store.submit(order);
  if (answer.kind === 'accepted') {
    return { kind: 'accepted', receipt: receiptOf(id, submission, nowMs) };
  }
  if (answer.fingerprint !== fingerprint) return { kind: 'key-reused' };
  return { kind: 'replayed', receipt: receiptOf(id, submission, answer.acceptedAtMs) };
}
