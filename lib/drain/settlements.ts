import { batchIdOf } from '../orders/holder.ts';
import type { ClaimedOrder, Failure } from '../orders/order.ts';
import { retryDelayMs } from '../orders/retry.ts';
import type { ProducerAnswer } from '../producers/producer.ts';
import { type Claim, isAloneName, type Lease } from '../store/claim.ts';
import { type ErasedOrder, erasedFrom } from '../store/erased-record.ts';
import { segmentOf } from '../store/keys.ts';
import {
  type OrderState,
  orderFrom,
  readable,
  type StoredOrder,
  stateFrom,
} from '../store/order-record.ts';
import type { Sold } from '../store/reservations.ts';
import type { Settlement } from '../store/settle.ts';
import { reservationsIn } from '../store/stock-record.ts';
import { roundedBytes } from '../store/weight.ts';
import { failedAttempt, failuresOf, unansweredAttempt, withFailure } from './failures.ts';
import { isKept, isOrderNumber } from './produced-answer.ts';

const UNREADABLE = 'The stored order cannot be read.';

/** A leased order that is to be produced. */
export interface Claimed {
  readonly lease: Lease;
  readonly order: ClaimedOrder;
  /** What it takes from stocks once it is produced. */
  readonly sold: readonly Sold[];
  /** Its state before this attempt. */
  readonly state: OrderState | undefined;
  /** About how large its record is. */
  readonly bytes: number;
}

/** An order that was erased, and is to be erased downstream too. */
export interface Erased extends ErasedOrder {
  readonly lease: Lease;
  readonly state: OrderState | undefined;
}

export interface Step {
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
  readonly attemptsMax: number;
  readonly claim: Pick<Claim, 'token' | 'holder'>;
}

/**
 * Whether a leased order is to be produced. The claim knew its id only; now that its record and its
 * state have been read, this decides about those that are canceled, lost, unreadable, whose move to
 * their last place was cut off, and whose last claim was never settled.
 */
export function sortOut(
  lease: Lease,
  stored: StoredOrder,
  step: Step,
):
  | { kind: 'produce'; claimed: Claimed }
  | { kind: 'settle'; settlement: Settlement }
  | { kind: 'erase'; erased: Erased } {
  const { nowMs, attemptsMax } = step;
  const { owner: _, ...unowned } = stored;
  const settle = (settlement: Omit<Settlement, 'lease'>) =>
    ({ kind: 'settle', settlement: { lease, ...settlement } }) as const;
  const erased = stored.record === null ? undefined : erasedFrom(stored.record);
  if (erased !== undefined) {
    const state = readable(() => stateFrom(lease.id, stored.state));
    return { kind: 'erase', erased: { lease, state, ...erased } };
  }
  const order = readable(() => orderFrom(lease.id, unowned, nowMs));
  if (stored.record === null) return settle({ client: lease.from, kind: 'nowhere' });
  if (order === undefined) {
    const state = deadState(
      undefined,
      { attempts: 0, failure: { reason: UNREADABLE, atMs: nowMs } },
      step,
    );
    return settle({ client: lease.from, kind: 'dead', state });
  }
  const { client } = order;
  const bytes = roundedBytes(Buffer.byteLength(stored.record));
  const state = stateFrom(lease.id, stored.state);
  if (state?.status === 'produced' || state?.status === 'canceled') {
    const { status: kind, segment = segmentOf(step.claim.token), updatedAtMs: endedAtMs } = state;
    // What a cancel has marked is moved now; the state of a move that was cut off is there already.
    const next = state.segment === undefined && { state: { ...state, segment, bytes } };
    return settle({ client, kind, segment, endedAtMs, ...next });
  }
  if (state?.status === 'dead') {
    return settle({ client, kind: 'dead', endedAtMs: state.updatedAtMs });
  }
  // Counted once, however often its drains have died since: what killed them may be another order.
  const attempts = order.attempts + (lease.claims > 1 ? 1 : 0);
  const isAlone = state?.isAlone === true;
  const dueAtMs = state?.dueAtMs ?? order.produceAtMs ?? 0;
  if (lease.claims === 1 && (dueAtMs > nowMs || isAlone !== isAloneName(lease.from))) {
    // It was replaced while it waited in the queue, by one for later, or a clock was wrong, or the move
    // that its state tells was cut off.
    return settle({ client, kind: 'pending', dueAtMs: Math.max(dueAtMs, nowMs), isAlone });
  }
  if (lease.claims === 1 && attempts < attemptsMax) {
    const claimed: ClaimedOrder = { ...order, status: 'producing', attempts: attempts + 1 };
    const sold = reservationsIn(stored.record).map(
      ({ sku, units, epoch }): Sold => [sku, units, epoch],
    );
    return { kind: 'produce', claimed: { lease, order: claimed, sold, state, bytes } };
  }
  const failed = { attempts, failure: unansweredAttempt(lease.last, nowMs) };
  return { kind: 'settle', settlement: triedAlone({ lease, client, state }, failed, step) };
}

/** What becomes of an order that the producer may have died of. */
export function unanswered(claimed: Claimed, reason: string, step: Step): Settlement {
  const { lease, state, order } = claimed;
  const { client, attempts } = order;
  const failure = failedAttempt('unanswered', reason, step.claim, step.nowMs);
  return triedAlone({ lease, client, state }, { attempts, failure }, step);
}

/** After a pause an order is tried by itself, as long as attempts are left. */
function triedAlone(
  { lease, client, state }: Pick<Claimed, 'lease' | 'state'> & { readonly client: string },
  failed: FailedAttempt,
  step: Step,
): Settlement {
  const { attempts } = failed;
  if (attempts >= step.attemptsMax) {
    return { lease, client, kind: 'dead', state: deadState(state, failed, step) };
  }
  const dueAtMs = step.nowMs + retryDelayMs(attempts, step.random);
  const next = { ...retryState(state, failed, dueAtMs, step), isAlone: true };
  return { lease, client, kind: 'pending', isAlone: true, dueAtMs, state: next };
}

/**
 * What a producer's answer means for an order: a retry while attempts are left, else dead. An order
 * that was not tried is given back, also at its last attempt.
 */
export function settlementOf(claimed: Claimed, answer: ProducerAnswer, step: Step): Settlement {
  const { lease, order, sold, state, bytes } = claimed;
  const { client, attempts } = order;
  if (answer.kind === 'untried') return untried(claimed);
  if (answer.kind === 'produced') {
    const { orderNumber, result } = answer;
    const isNumbered = orderNumber === 'next';
    return {
      ...{ lease, client, kind: 'produced', isNumbered },
      // Nobody waits for a scheduled order before its time.
      readySinceMs: Math.max(order.acceptedAtMs, order.produceAtMs ?? 0),
      state: {
        ...{
          status: 'produced',
          attempts,
          updatedAtMs: step.nowMs,
          settledBy: batchIdOf(step.claim),
        },
        segment: segmentOf(step.claim.token),
        producedAtMs: step.nowMs,
        bytes,
        ...failuresOf(state),
        ...(sold.length > 0 && { sold }),
        ...(isKept(result) && { result }),
        ...(!isNumbered && isOrderNumber(orderNumber) && { orderNumber, hasOwnNumber: true }),
      },
    };
  }
  const kind = answer.kind === 'rejected' ? 'rejected' : 'failed';
  const failure = failedAttempt(kind, answer.reason, step.claim, step.nowMs);
  const failed = { attempts, failure };
  if (answer.kind === 'rejected' || attempts >= step.attemptsMax) {
    return { lease, client, kind: 'dead', state: deadState(state, failed, step) };
  }
  const dueAtMs = step.nowMs + retryDelayMs(attempts, step.random, answer.afterMs);
  const next = retryState(state, failed, dueAtMs, step);
  return { lease, client, kind: 'pending', dueAtMs, state: next };
}

/** Given back: the next to be claimed, in the order of its claim, and no attempt is charged. */
export function untried({ lease, order: { client } }: Claimed): Settlement {
  return { lease, client, kind: 'pending', isAlone: isAloneName(lease.from), dueAtMs: lease.rank };
}

interface FailedAttempt {
  readonly attempts: number;
  readonly failure: Failure;
}

function deadState(state: OrderState | undefined, failed: FailedAttempt, step: Step): OrderState {
  return { ...failedState(state, failed, step), status: 'dead' };
}

function retryState(
  state: OrderState | undefined,
  failed: FailedAttempt,
  dueAtMs: number,
  step: Step,
): OrderState {
  return { ...failedState(state, failed, step), dueAtMs };
}

function failedState(
  state: OrderState | undefined,
  { attempts, failure }: FailedAttempt,
  step: Step,
): OrderState {
  return {
    ...{ status: 'queued', attempts, updatedAtMs: step.nowMs, settledBy: batchIdOf(step.claim) },
    ...withFailure(state, failure),
  };
}
