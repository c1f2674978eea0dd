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

const NO_ANSWER = 'The producer gave no answer for this order.';
const OUT_OF_TIME = 'The producer was not done when its time was up.';

/**
 * Has a batch produced, with its leases extended while that takes long.
 *
 * @returns an answer for every order of the claim: a retry where the producer gave none
 */
export async function produceBatch(
  { store, producer, clock }: BatchDependencies,
  claim: Claim,
  time: BatchTime,
): Promise<ReadonlyMap<string, ProducerAnswer>> {
  const stop = new AbortController();
  const ids = claim.orders.map(({ id }) => id);
  const lease = keepLease({ store, clock }, { token: claim.token, ids }, time, () => stop.abort());
  const cancelStop = clock.after(time.answerByMs - clock.now(), () => stop.abort());
  const context = { signal: stop.signal, token: claim.token };
  try {
    const answers = await Promise.race([answersOf(producer, claim, context), aborted(stop.signal)]);
    const missing: ProducerAnswer = {
      kind: 'retry',
      reason: answers.size === 0 && stop.signal.aborted ? OUT_OF_TIME : NO_ANSWER,
    };
    return new Map(ids.map((id) => [id, answers.get(id) ?? missing]));
  } finally {
    cancelStop();
    lease.stop();
  }
}

/** A producer that throws has answered for none of its orders, and says why. */
async function answersOf(
  producer: Producer,
  claim: Claim,
  context: Parameters<Producer>[1],
): Promise<ReadonlyMap<string, ProducerAnswer>> {
  try {
    return await producer(claim.orders, context);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const answer: ProducerAnswer = { kind: 'retry', reason: `The producer failed: ${cause}` };
    return new Map(claim.orders.map(({ id }) => [id, answer]));
  }
}

/** Nothing was answered, however long the producer goes on after that. */
function aborted(signal: AbortSignal): Promise<ReadonlyMap<string, ProducerAnswer>> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(new Map()), { once: true });
  });
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
