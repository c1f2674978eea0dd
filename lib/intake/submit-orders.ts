import { receiptOf } from '../contract/documents.ts';
import type { Receipt } from '../contract/schemas.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { withContent } from '../orders/content.ts';
import { orderIdsOf } from '../orders/identity.ts';
import type { Submission } from '../orders/submission.ts';
import type { Store } from '../store/connection.ts';
import type { NewOrder, RecordHead } from '../store/order-record.ts';
import { isKnown, type NoRoom, type SubmitAnswer, submit } from '../store/submit.ts';
import { type BackPressure, RETRY_AFTER_S_MAX } from './back-pressure.ts';
import type { ClientLimits } from './client-limits.ts';
import { type RefusedForStock, refusedForStock, type SoldOut } from './sold-out.ts';
import type { Storage } from './storage.ts';
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
  /** There is no room for it, in its client's schedule, queue or share, or in the database. */
  | { readonly kind: 'no-room'; readonly where: NoRoom }
  | RefusedForStock;

export type IntakeAnswer =
  | { readonly kind: 'answered'; readonly outcomes: readonly SubmitOutcome[] }
  /** There is no room for any of them. */
  | { readonly kind: 'refused'; readonly where: NoRoom; readonly retryAfterS: number };

export interface Intake {
  readonly store: Store;
  readonly backPressure: BackPressure;
  readonly storage: Storage;
  readonly limitsOf: (client: string) => ClientLimits;
  readonly metrics: Metrics;
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
  if (requests.length === 0) return { kind: 'answered', outcomes: [] };
  const { backPressure, storage, metrics, soldOut } = intake;
  const retryAfterS = backPressure.retryAfterS(client, nowMs);
  if (retryAfterS !== undefined) return { kind: 'refused', where: 'queue', retryAfterS };
  const noRoom = storage.noRoom(client, nowMs);
  if (noRoom !== undefined) return refused(noRoom);
  const idOf = orderIdsOf(client);
  const orders = requests.map(
    ({ idempotencyKey, submission }): NewOrder => ({
      ...withContent(submission),
      id: idOf(idempotencyKey),
      client,
      idempotencyKey,
    }),
  );
  // Where the first of a key is refused for want of stock, the second is decided by itself.
  const nameOf = ({ id, fingerprint }: NewOrder) => (soldOut ? `${id} ${fingerprint}` : id);
  const firsts = new Map<string, number>();
  const distinct: NewOrder[] = [];
  const firstOf = orders.map((order) => {
    const name = nameOf(order);
    const first = firsts.get(name) ?? distinct.push(order) - 1;
    firsts.set(name, first);
    return first;
  });
  const refusal = await refusedFromMemory(intake, distinct, nowMs);
  if (refusal !== undefined) return { kind: 'answered', outcomes: orders.map(() => refusal) };
  const answers = await submitAndLearn(intake, client, distinct, nowMs);
  const [first] = answers;
  const isAllRefused =
    first?.kind === 'no-room' &&
    first.where !== 'schedule' &&
    answers.every((answer) => answer.kind === 'no-room' && answer.where === first.where);
  if (isAllRefused) return refused(first.where);

  const outcomes = orders.map((order, at) => {
    const first = firstOf[at] ?? at;
    return outcomeOf(order, distinct[first], answers[first], nowMs);
  });
  metrics.measure('OrdersAccepted', countOf(outcomes, 'accepted'));
  metrics.measure('OrdersReplayed', countOf(outcomes, 'replayed'));
  return { kind: 'answered', outcomes };
}

/** Room comes when the daily upkeep forgets old orders, or an operator makes some. */
export const NO_ROOM_RETRY_S = 3_600;

function refused(where: NoRoom): IntakeAnswer {
  const isShort = where === 'queue' || where === 'schedule';
  return { kind: 'refused', where, retryAfterS: isShort ? RETRY_AFTER_S_MAX : NO_ROOM_RETRY_S };
}

/**
 * Whether an order is refused from what this instance has just seen sold out, at one command: a repeat of
 * one that is known gets its receipt, sold out or not. Many are refused by the script, which takes two
 * for all of them.
 */
async function refusedFromMemory(
  { store, soldOut }: Intake,
  orders: readonly NewOrder[],
  nowMs: number,
): Promise<RefusedForStock | undefined> {
  const [order] = orders;
  if (soldOut === undefined || order === undefined || orders.length > 1) return undefined;
  const lacking = soldOut.lackingFor(order.submission, nowMs);
  if (lacking === undefined || (await isKnown(store, order.id))) return undefined;
  return refusedForStock(order.submission, lacking);
}

/** Submits distinct orders, and notes what that shows of the client's queue and share. */
async function submitAndLearn(
  { store, backPressure, storage, limitsOf, metrics, wake, soldOut }: Intake,
  client: string,
  orders: readonly NewOrder[],
  nowMs: number,
): Promise<readonly SubmitAnswer[]> {
  const { queued, scheduled } = limitsOf(client);
  const request = {
    ...{ client, orders, nowMs, pendingMax: scheduled, queueMax: queued },
    mustLook: backPressure.isInDoubt(client),
    countsDue: backPressure.countsDue(client, orders.length),
    asks: (bytes: number) => storage.ask(client, bytes),
    hasStock: soldOut !== undefined,
  };
  const submitted = await submit(store, request).catch((error: unknown) => {
    backPressure.doubt(client);
    throw error;
  });
  const { answers, queueDepth, due, acceptedBytes, counted } = submitted;
  const accepted = answers.filter(({ kind }) => kind === 'accepted').length;
  for (const answer of answers) if ('lacking' in answer) soldOut?.learn(answer, nowMs);
  storage.learn(client, acceptedBytes, counted, nowMs);
  backPressure.learn(client, { accepted, queueDepth, due }, nowMs);
  if (queueDepth === undefined) return answers;
  metrics.measure('QueueDepth', backPressure.waiting(client));
  // All that waits has come just now: nobody may be draining.
  if (queueDepth <= accepted) await wake?.(nowMs);
  return answers;
}

/** How many of the outcomes are of this kind. */
export function countOf(outcomes: readonly SubmitOutcome[], kind: SubmitOutcome['kind']): number {
  return outcomes.filter((outcome) => outcome.kind === kind).length;
}

function outcomeOf(
  order: NewOrder,
  first: NewOrder | undefined,
  answer: SubmitAnswer | undefined,
  nowMs: number,
): SubmitOutcome {
  if (answer?.kind === 'no-room') return answer;
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
