import { receiptOf } from '../contract/documents.ts';
import type { Receipt } from '../contract/schemas.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { fingerprintOf, orderIdsOf } from '../orders/identity.ts';
import type { Submission } from '../orders/submission.ts';
import type { Store } from '../store/connection.ts';
import type { NewOrder, RecordHead } from '../store/order-record.ts';
import { isKnown, type SubmitAnswer, submit } from '../store/submit.ts';
import type { BackPressure } from './back-pressure.ts';
import { type RefusedForStock, refusedForStock, type SoldOut } from './sold-out.ts';
import type { Wake } from './wake.ts';

/** One order of a request. */
export interface SubmittedOrder {
  readonly idempotencyKey: string;
  readonly submission: Submission;
}

export type SubmitOutcome =
  | { readonly kind: 'accepted' | 'replayed'; readonly receipt: Receipt }
  /** The key belongs to another order already; that one is unchanged. */
  | { readonly kind: 'key-reused' }
  /** The request repeats a content that the order had before it was replaced. */
  | { readonly kind: 'replaced' }
  /** The order of this key was erased. */
  | { readonly kind: 'erased' }
  /** The client has as many scheduled orders as it may have. */
  | { readonly kind: 'schedule-full' }
  | RefusedForStock;

export type IntakeAnswer =
  | { readonly kind: 'answered'; readonly outcomes: readonly SubmitOutcome[] }
  /** The client's queue is too deep; nothing was asked of the store. */
  | { readonly kind: 'refused'; readonly retryAfterS: number };

export interface Intake {
  readonly store: Store;
  readonly backPressure: BackPressure;
  readonly metrics: Metrics;
  /** How many orders of a client may be scheduled. */
  readonly scheduledMax: number;
  /** Called when the queue was empty before these orders; left out if the schedule is enough. */
  readonly wake?: Wake | undefined;
  /** What this instance knows to be sold out; left out where no stock is kept. */
  readonly soldOut?: SoldOut | undefined;
}

/**
 * Accepts the orders of one request: once it is answered, they are in the store and in their place.
 * Of two with one key the first counts, and the second is its repeat.
 *
 * @param client    the name of the client that submits
 * @param requests  up to `SUBMIT_ORDERS_MAX`
 * @param nowMs     Unix milliseconds
 * @returns an outcome for each, in their order, or a refusal of all
 * @throws StoreUnavailable if the outcome is unknown; the same requests are safe to repeat
 */
export async function submitOrders(
  intake: Intake,
  client: string,
  requests: readonly SubmittedOrder[],
  nowMs: number,
): Promise<IntakeAnswer> {
  const { store, backPressure, metrics, scheduledMax: pendingMax, wake, soldOut } = intake;
  if (requests.length === 0) return { kind: 'answered', outcomes: [] };
  const retryAfterS = backPressure.retryAfterS(client, nowMs);
  if (retryAfterS !== undefined) return { kind: 'refused', retryAfterS };
  const idOf = orderIdsOf(client);
  const orders = requests.map(({ idempotencyKey, submission }) => ({
    ...{ id: idOf(idempotencyKey), client, idempotencyKey, submission },
    fingerprint: fingerprintOf(submission),
  }));
  const nameOf = ({ id, fingerprint }: NewOrder) => (soldOut ? `${id} ${fingerprint}` : id);
  const firsts = new Map<string, NewOrder>();
  for (const order of orders) if (!firsts.has(nameOf(order))) firsts.set(nameOf(order), order);
  const distinct = [...firsts.values()];
  const refusal = await refusedFromMemory(intake, distinct, nowMs);
  if (refusal !== undefined) return { kind: 'answered', outcomes: orders.map(() => refusal) };
  const request = {
    ...{ client, orders: distinct, nowMs, pendingMax, hasStock: soldOut !== undefined },
    mustLook: backPressure.isInDoubt(client),
  };
  const { answers, queueDepth } = await submit(store, request).catch((error: unknown) => {
    backPressure.doubt(client);
    throw error;
  });
  for (const answer of answers) if ('lacking' in answer) soldOut?.learn(answer, nowMs);
  if (queueDepth !== undefined) {
    backPressure.learn(client, queueDepth, nowMs);
    metrics.measure('QueueDepth', queueDepth);
    const accepted = answers.filter(({ kind }) => kind === 'accepted').length;
    // All that waits has come just now: nobody may be draining.
    if (queueDepth <= accepted) await wake?.(nowMs);
  }
  const answerOf = new Map(distinct.map((order, at) => [nameOf(order), answers[at]]));
  const outcomes = orders.map((order) => {
    const name = nameOf(order);
    return outcomeOf(order, firsts.get(name), answerOf.get(name), nowMs);
  });
  metrics.measure('OrdersAccepted', countOf(outcomes, 'accepted'));
  metrics.measure('OrdersReplayed', countOf(outcomes, 'replayed'));
  return { kind: 'answered', outcomes };
}

/** How many of the outcomes are of this kind. */
export function countOf(outcomes: readonly SubmitOutcome[], kind: SubmitOutcome['kind']): number {
  return outcomes.filter((outcome) => outcome.kind === kind).length;
}

/**
 * Whether an order is refused from what this instance has just seen sold out, at one command: a repeat of
 * one that is known gets its receipt, sold out or not. Many are refused by the script, which takes two
 * for all of them.
 */
async function refusedFromMemory(
  { store, soldOut }: Intake,
  [order, ...others]: readonly NewOrder[],
  nowMs: number,
): Promise<RefusedForStock | undefined> {
  if (soldOut === undefined || order === undefined || others.length > 0) return undefined;
  const lacking = soldOut.lackingFor(order.submission, nowMs);
  if (lacking === undefined || (await isKnown(store, order.id))) return undefined;
  return refusedForStock(order.submission, lacking);
}

function outcomeOf(
  order: NewOrder,
  first: NewOrder | undefined,
  answer: SubmitAnswer | undefined,
  nowMs: number,
): SubmitOutcome {
  if (answer?.kind === 'full') return { kind: 'schedule-full' };
  if (answer?.kind === 'erased') return { kind: 'erased' };
  if (answer !== undefined && 'lacking' in answer) return refusedForStock(order.submission, answer);
  if (answer?.kind === 'known') return repeated(order, answer);
  if (order === first) {
    return { kind: 'accepted', receipt: receiptOf(order.id, order.submission, nowMs) };
  }
  const head = { fingerprint: first?.fingerprint ?? '', acceptedAtMs: nowMs, replaced: [] };
  return repeated(order, head);
}

function repeated({ id, submission, fingerprint }: NewOrder, known: RecordHead): SubmitOutcome {
  if (known.replaced.includes(fingerprint)) return { kind: 'replaced' };
  if (known.fingerprint !== fingerprint) return { kind: 'key-reused' };
  return { kind: 'replayed', receipt: receiptOf(id, submission, known.acceptedAtMs) };
}
