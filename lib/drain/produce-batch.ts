import type { Clock } from '../clock.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import type { Producer, ProducerAnswer, ProducerContext } from '../producers/producer.ts';

export interface BatchTime {
  /** When the signal fires at the latest, Unix milliseconds. */
  readonly answerByMs: number;
  /** Fires when the leases may have ended. */
  readonly lost: AbortSignal;
}

/** What became of a batch. */
export interface BatchOutcome {
  readonly answers: ReadonlyMap<string, ProducerAnswer>;
  /** Why the orders without an answer have none. */
  readonly missing: string;
  /** Whether the producer can take another batch; not if it gave orders back untried. */
  readonly isProducerWell: boolean;
  /** Orders of which the producer may have died, with what is known: each is tried alone from then on. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** What it threw, if it threw. */
  readonly error?: unknown;
}

const NO_ANSWER = 'The producer gave no answer for this order.';
const FAILED = 'The producer failed.';
const OUT_OF_TIME = 'The producer was not done when its time was up.';
const DIED = 'The producer died in this attempt.';
const NONE: BatchOutcome['unanswered'] = new Map();

/** How long a producer has after its signal to hand over the answers that it has by then. */
export const ANSWER_GRACE_MS = 500;

/** A producer that fails for this many single orders before it has produced one counts as down. */
const FAILURES_UNTIL_DOWN = 3;

/** The producer died before it answered. What it has done by then is not known. */
export class ProducerDied extends Error {
  override readonly name = 'ProducerDied';
}

interface Batch {
  readonly token: number;
  readonly orders: readonly ClaimedOrder[];
}

export interface BatchProducer {
  readonly producer: Producer;
  readonly clock: Clock;
  /** Whether drains may have died of orders. */
  readonly isWary: boolean;
}

/** Has a batch produced. */
export async function produceBatch(
  { producer, clock, isWary }: BatchProducer,
  batch: Batch,
  { answerByMs, lost }: BatchTime,
): Promise<BatchOutcome> {
  const timeIsUp = new AbortController();
  const cancelStop = clock.after(answerByMs - clock.now(), () => timeIsUp.abort());
  const signal = AbortSignal.any([timeIsUp.signal, lost]);
  const isAlone = isWary && batch.orders.length === 1;
  const late = tooLate(signal, clock, isAlone ? reasons(batch.orders, OUT_OF_TIME) : NONE);
  try {
    const context = { signal, deadlineMs: answerByMs, token: batch.token };
    return await Promise.race([answersOf(producer, batch.orders, context), late.outcome]);
  } finally {
    late.cancel();
    cancelStop();
  }
}

async function answersOf(
  producer: Producer,
  orders: readonly ClaimedOrder[],
  context: ProducerContext,
): Promise<BatchOutcome> {
  try {
    const answers = await producer(orders, context);
    return {
      ...{ answers, missing: NO_ANSWER, unanswered: NONE },
      isProducerWell: !givesBack(answers),
    };
  } catch (error) {
    if (error instanceof ProducerDied) {
      const unanswered = reasons(orders, DIED);
      return { answers: new Map(), missing: DIED, unanswered, isProducerWell: true };
    }
    if (orders.length > 1) return oneByOne(producer, orders, context, error);
    const failed = { missing: FAILED, unanswered: NONE, isProducerWell: false, error };
    return { answers: new Map(), ...failed };
  }
}

/**
 * One order may have spoilt its batch: alone, each spoils no other. None can be given back untried
 * here: it was begun with its batch, and an order that brings the downstream system down each time
 * would come back forever.
 */
async function oneByOne(
  producer: Producer,
  orders: readonly ClaimedOrder[],
  context: ProducerContext,
  error: unknown,
): Promise<BatchOutcome> {
  const answers = new Map<string, ProducerAnswer>();
  const unanswered = new Map<string, string>();
  const outcome = { answers, unanswered, missing: FAILED, error };
  let failures = 0;
  for (const order of orders) {
    if (context.signal.aborted) break;
    try {
      const alone = await producer([order], context);
      if (givesBack(alone)) return { ...outcome, isProducerWell: false };
      for (const [id, answer] of alone) answers.set(id, answer);
    } catch (thrown) {
      if (thrown instanceof ProducerDied) unanswered.set(order.id, DIED);
      else failures += 1;
      if (failures === FAILURES_UNTIL_DOWN && answers.size === 0) break;
    }
  }
  return { ...outcome, isProducerWell: answers.size > 0 };
}

function reasons(orders: readonly ClaimedOrder[], reason: string): BatchOutcome['unanswered'] {
  return new Map(orders.map(({ id }) => [id, reason]));
}

function givesBack(answers: BatchOutcome['answers']): boolean {
  return [...answers.values()].some(({ kind }) => kind === 'untried');
}

/** Nothing was answered in time, however long the producer goes on after that. */
function tooLate(signal: AbortSignal, clock: Clock, unanswered: BatchOutcome['unanswered']) {
  let cancel = () => {};
  const outcome = new Promise<BatchOutcome>((resolve) => {
    const nothing = {
      ...{ answers: new Map(), missing: OUT_OF_TIME, unanswered },
      isProducerWell: false,
    };
    const wait = () => {
      cancel = clock.after(ANSWER_GRACE_MS, () => resolve(nothing));
    };
    signal.addEventListener('abort', wait, { once: true });
  });
  return { outcome, cancel: () => cancel() };
}
