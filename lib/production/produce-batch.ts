import type { Clock } from '../clock.ts';
import type { Claim, ProductionStore } from '../queue/store.ts';
import type { Producer, ProducerAnswer } from './producer.ts';

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

/** What became of a batch: answers, or a producer that failed for all of it. */
export type BatchOutcome =
  | { readonly kind: 'answered'; readonly answers: ReadonlyMap<string, ProducerAnswer> }
  | { readonly kind: 'failed'; readonly reason: string; readonly error?: unknown };

const FAILED = 'The producer failed for the whole batch.';
const OUT_OF_TIME = 'The producer was not done when its time was up.';

/** How long a producer has after its signal to hand over the answers that it has by then. */
export const ANSWER_GRACE_MS = 500;

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
  const context = { signal: stop.signal, token: claim.token };
  const late = tooLate(stop.signal, clock);
  try {
    return await Promise.race([answersOf(producer, claim, context), late.outcome]);
  } finally {
    late.cancel();
    cancelStop();
    lease.stop();
  }
}

/** A producer that throws has answered for none of its orders. */
async function answersOf(
  producer: Producer,
  claim: Claim,
  context: Parameters<Producer>[1],
): Promise<BatchOutcome> {
  try {
    return { kind: 'answered', answers: await producer(claim.orders, context) };
  } catch (error) {
    return { kind: 'failed', reason: FAILED, error };
  }
}

/** Nothing was answered in time, however long the producer goes on after that. */
function tooLate(signal: AbortSignal, clock: BatchDependencies['clock']) {
  let cancel = () => {};
  const outcome = new Promise<BatchOutcome>((resolve) => {
    const giveUp = () => resolve({ kind: 'failed', reason: OUT_OF_TIME });
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
