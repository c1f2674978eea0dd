import type { Clock } from '../clock.ts';
import type { Claim, ProductionStore } from '../queue/store.ts';
import type { Producer, ProducerAnswer, ProducerContext } from './producer.ts';

export interface BatchDependencies {
  readonly store: Pick<ProductionStore, 'extend'>;
  readonly producer: Producer;
  readonly clock: Clock;
}

export interface BatchTime {
  readonly leaseMs: number;
  /** When the claim was asked for: its leases end `leaseMs` later, unless they are extended. */
  readonly claimedAtMs: number;
  /** When the signal fires at the latest, Unix milliseconds. */
  readonly answerByMs: number;
}

/** What became of a batch. */
export interface BatchOutcome {
  readonly answers: ReadonlyMap<string, ProducerAnswer>;
  /** Why the orders without an answer have none. */
  readonly missing: string;
  /** Whether the producer can be handed another batch; not where it gave orders back untried. */
  readonly isProducerWell: boolean;
  /** What it threw, where it threw. */
  readonly error?: unknown;
}

const NO_ANSWER = 'The producer gave no answer for this order.';
const FAILED = 'The producer failed.';
const OUT_OF_TIME = 'The producer was not done when its time was up.';

/** How long a producer has after its signal to hand over the answers that it has by then. */
export const ANSWER_GRACE_MS = 500;

/** A producer that fails for so many single orders before it has produced one is taken for down. */
const FAILURES_UNTIL_DOWN = 3;

/** Has a batch produced, with its leases extended while that takes long. */
export async function produceBatch(
  { store, producer, clock }: BatchDependencies,
  claim: Claim,
  time: BatchTime,
): Promise<BatchOutcome> {
  const stop = new AbortController();
  const ids = claim.orders.map(({ id }) => id);
  const lease = keepLease({ store, clock }, { token: claim.token, ids }, time, () => stop.abort());
  const cancelStop = clock.after(time.answerByMs - clock.now(), () => stop.abort());
  const { answerByMs: deadlineMs } = time;
  const context = { signal: stop.signal, deadlineMs, token: claim.token };
  const late = tooLate(stop.signal, clock);
  try {
    return await Promise.race([answersOf(producer, claim, context), late.outcome]);
  } finally {
    late.cancel();
    cancelStop();
    lease.stop();
  }
}

async function answersOf(
  producer: Producer,
  { orders }: Claim,
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
 * here: it was begun with its batch, and one that brings the system behind down each time would come
 * for ever.
 */
async function oneByOne(
  producer: Producer,
  orders: Claim['orders'],
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
function tooLate(signal: AbortSignal, clock: BatchDependencies['clock']) {
  let cancel = () => {};
  const outcome = new Promise<BatchOutcome>((resolve) => {
    const nothing = { answers: new Map(), missing: OUT_OF_TIME, isProducerWell: false };
    const giveUp = () => resolve(nothing);
    const wait = () => {
      cancel = clock.after(ANSWER_GRACE_MS, giveUp);
    };
    signal.addEventListener('abort', wait, { once: true });
  });
  return { outcome, cancel: () => cancel() };
}

/** Extends the leases each third of their length; calls `lost` when they may have ended. */
function keepLease(
  { store, clock }: Pick<BatchDependencies, 'store' | 'clock'>,
  { token, ids }: { token: number; ids: readonly string[] },
  { leaseMs, claimedAtMs }: BatchTime,
  lost: () => void,
) {
  let isOver = false;
  let cancelExtension = clock.after(leaseMs / 3, extend);
  let cancelEnd = clock.after(claimedAtMs + leaseMs - clock.now(), lost);

  async function extend() {
    const askedAtMs = clock.now();
    const held = await store.extend(token, ids, askedAtMs + leaseMs).catch(() => undefined);
    if (isOver) return;
    if (held?.includes(true)) {
      cancelEnd();
      cancelEnd = clock.after(askedAtMs + leaseMs - clock.now(), lost);
    } else if (held !== undefined) {
      return lost();
    }
    cancelExtension = clock.after(leaseMs / 3, extend);
  }

  return {
    stop() {
      isOver = true;
      cancelExtension();
      cancelEnd();
    },
  };
}
