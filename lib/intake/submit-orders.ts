import { receiptOf } from '../contract/documents.ts';
import type { Receipt } from '../contract/schemas.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { fingerprintOf, orderIdOf } from '../orders/identity.ts';
import type { Submission } from '../orders/submission.ts';
import type { IntakeStore, NewOrder, SubmitAnswer } from '../queue/store.ts';
import type { BackPressure } from './back-pressure.ts';
import type { Wake } from './wake.ts';

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

export type IntakeAnswer =
  | { readonly kind: 'answered'; readonly outcomes: readonly SubmitOutcome[] }
  /** The queue is too deep; nothing was asked of the store. */
  | { readonly kind: 'refused'; readonly retryAfterS: number };

export interface Intake {
  readonly store: IntakeStore;
  readonly backPressure: BackPressure;
  readonly metrics: Metrics;
  /** Called when the queue was empty before these orders; left out where the schedule is enough. */
  readonly wake?: Wake | undefined;
}

/**
 * Takes orders in: once they are answered, they are in the store and in the queue. Of two with one
 * key the first counts, and the second is its repeat.
 *
 * @param requests  up to `SUBMIT_ORDERS_MAX`
 * @param nowMs     Unix milliseconds
 * @returns an outcome for each, in their order, or a refusal of all
 * @throws StoreUnavailable where the outcome is unknown; the same requests are safe to repeat
 */
export async function submitOrders(
  { store, backPressure, metrics, wake }: Intake,
  requests: readonly SubmitRequest[],
  nowMs: number,
): Promise<IntakeAnswer> {
  if (requests.length === 0) return { kind: 'answered', outcomes: [] };
  const retryAfterS = backPressure.retryAfterS(nowMs);
  if (retryAfterS !== undefined) return { kind: 'refused', retryAfterS };
  const orders = requests.map(newOrderOf);
  const firsts = new Map<string, NewOrder>();
  for (const order of orders) if (!firsts.has(order.id)) firsts.set(order.id, order);
  const { answers, queueDepth } = await store.submit([...firsts.values()], nowMs);
  if (queueDepth !== undefined) {
    backPressure.learn(queueDepth, nowMs);
    metrics.measure('QueueDepth', queueDepth);
    const accepted = answers.filter(({ kind }) => kind === 'accepted').length;
    // All that waits came just now: nobody may be draining.
    if (queueDepth <= accepted) await wake?.(nowMs);
  }

  const known = new Map<string, Known>();
  for (const [at, { id, fingerprint }] of [...firsts.values()].entries()) {
    const answer = answers[at];
    known.set(id, answer?.kind === 'known' ? answer : { fingerprint, acceptedAtMs: nowMs });
    if (answer?.kind === 'known') firsts.delete(id);
  }
  // What is left of the firsts is new; everything else repeats what is known by now.
  const outcomes = orders.map((order) =>
    order === firsts.get(order.id) ? accepted(order, nowMs) : repeated(order, known.get(order.id)),
  );
  metrics.measure('OrdersAccepted', countOf(outcomes, 'accepted'));
  metrics.measure('OrdersReplayed', countOf(outcomes, 'replayed'));
  return { kind: 'answered', outcomes };
}

/** How many of the outcomes are of this kind. */
export function countOf(outcomes: readonly SubmitOutcome[], kind: SubmitOutcome['kind']): number {
  return outcomes.filter((outcome) => outcome.kind === kind).length;
}

/** What is kept of an order that was accepted before. */
type Known = Pick<Extract<SubmitAnswer, { kind: 'known' }>, 'fingerprint' | 'acceptedAtMs'>;

function newOrderOf({ client, idempotencyKey, submission }: SubmitRequest): NewOrder {
  const id = orderIdOf(client, idempotencyKey);
  return { id, client, submission, fingerprint: fingerprintOf(submission) };
}

function accepted({ id, submission }: NewOrder, nowMs: number): SubmitOutcome {
  return { kind: 'accepted', receipt: receiptOf(id, submission, nowMs) };
}

function repeated(
  { id, submission, fingerprint }: NewOrder,
  known: Known | undefined,
): SubmitOutcome {
  if (known?.fingerprint !== fingerprint) return { kind: 'key-reused' };
  return { kind: 'replayed', receipt: receiptOf(id, submission, known.acceptedAtMs) };
}
