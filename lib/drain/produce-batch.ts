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
  /** What it threw, if it threw. */
  readonly error?: unknown;
}

const NO_ANSWER = 'The producer gave no answer for this order.';
const FAILED = 'The producer failed.';
const OUT_OF_TIME = 'The producer was not done when its time was up.';

/** How long a producer has after its signal to hand over the answers that it has by then. */
export const ANSWER_GRACE_MS = 500;

/** A producer that fails for this many single orders before it has produced one counts as down. */
const FAILURES_UNTIL_DOWN = 3;

interface Batch {
  readonly token: number;
  readonly orders: readonly ClaimedOrder[];
}

/** Has a batch produced. */
export async function produceBatch(
  { producer, clock }: { readonly producer: Producer; readonly clock: Clock },
  batch: Batch,
  { answerByMs, lost }: BatchTime,
): Promise<BatchOutcome> {
  const timeIsUp = new AbortController();
  const cancelStop = clock.after(answerByMs - clock.now(), () => timeIsUp.abort());
  const signal = AbortSignal.any([timeIsUp.signal, lost]);
  const late = tooLate(signal, clock);
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
    return { answers, missing: NO_ANSWER, isProducerWell: !givesBack(answers) };
  } catch (error) {
    if (orders.length > 1) return oneByOne(producer, orders, context, error);
    return { answers: new Map(), missing: FAILED, isProducerWell: false, error };
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
  let failures = 0;
  for (const order of orders) {
    if (context.signal.aborted) break;
    try {
      const alone = await producer([order], context);
      if (givesBack(alone)) return { answers, missing: FAILED, isProducerWell: false, error };
      for (const [id, answer] of alone) answers.set(id, answer);
    } catch {
      failures += 1;
      if (failures === FAILURES_UNTIL_DOWN && answers.size === 0) break;
    }
  }
  const isProducerWell = answers.size > 0;
  return { answers, missing: FAILED, isProducerWell, error };
}

function givesBack(answers: BatchOutcome['answers']): boolean {
  return [...answers.values()].some(({ kind }) => kind === 'untried');
}

/** Nothing was answered in time, however long the producer goes on after that. */
function tooLate(signal: AbortSignal, clock: Clock) {
  let cancel = () => {};
  const outcome = new Promise<BatchOutcome>((resolve) => {
    const nothing = { answers: new Map(), missing: OUT_OF_TIME, isProducerWell: false };
    const wait = () => {
      cancel = clock.after(ANSWER_GRACE_MS, () => resolve(nothing));
    };
    signal.addEventListener('abort', wait, { once: true });
  });
  return { outcome, cancel: () => cancel() };
}
