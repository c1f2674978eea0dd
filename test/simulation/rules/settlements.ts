import { isDeepStrictEqual } from 'node:util';
import type { ProducerAnswer } from '../../../lib/production/producer.ts';
import type { Claim, ClaimedOrder, Settlement } from '../../../lib/queue/store.ts';
import type { Model } from '../model.ts';
import { Violation } from '../violation.ts';

/** A claim that a drain was answered, and what its producer did with it. */
export interface Batch extends Claim {
  /** By the drain's clock, as far as it knows. */
  leaseEndMs: number;
  isSettled: boolean;
  /** The store has said that none of it is held any more. */
  isLost: boolean;
  readonly calls: ProducerCall[];
}

/** One call of the producer. Times in virtual milliseconds. */
export interface ProducerCall {
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
  abortedAtMs?: number;
  answers?: ReadonlyMap<string, ProducerAnswer>;
  answeredAtMs?: number;
}

/** How long after its signal a producer's answers still count, and how long a retry waits at most. */
const GRACE_MS = 500;
const RETRY_MS_MAX = 15 * 60 * 1000;
const BACKOFF_MS = 5_000;

/** Each claimed order is settled once, as what its producer answered for it. */
export function checkSettlements(
  batch: Batch,
  settlements: readonly Settlement[],
  at: { nowMs: number; isExact: boolean; model: Model },
): void {
  if (`${settlements.map(({ id }) => id)}` !== `${batch.orders.map(({ id }) => id)}`) {
    throw new Violation(`token ${batch.token} is settled for other orders than it claimed`);
  }
  // Answers are lost only where the signal has fired, and the first call was not done in time.
  const [first] = batch.calls;
  const isHeeded =
    batch.calls.length > 0 &&
    (batch.calls.every(({ abortedAtMs }) => abortedAtMs === undefined) ||
      (first?.answeredAtMs !== undefined &&
        first.answeredAtMs - (first.abortedAtMs ?? first.answeredAtMs) < GRACE_MS));
  for (const [index, settlement] of settlements.entries()) {
    const order = batch.orders[index] as ClaimedOrder;
    const answer = answerFor(order.id, batch.calls);
    const { token } = batch;
    checkJustified(order, settlement, { ...at, token, answer, wasTried: batch.calls.length > 0 });
    if (at.isExact && isHeeded) checkHeeded(order, settlement, { ...at, answer });
  }
}

function answerFor(id: string, calls: readonly ProducerCall[]): ProducerAnswer | undefined {
  const answer = calls.findLast(({ answers }) => answers?.has(id))?.answers?.get(id);
  // What was handed over before, with its batch, was begun: it cannot be given back.
  const isRepeat = calls.filter(({ ids }) => ids.includes(id)).length > 1;
  return answer?.kind === 'untried' && isRepeat ? undefined : answer;
}

/** What is settled is what a producer has said, or what follows where it said nothing. */
function checkJustified(
  { id, attempts }: ClaimedOrder,
  settlement: Settlement,
  { token, answer, wasTried, nowMs, model }: Justification,
) {
  const { attemptsMax } = model;
  switch (settlement.kind) {
    case 'produced': {
      if (answer?.kind !== 'produced') {
        throw new Violation('an order is settled as produced that no producer has produced', id);
      }
      const { orderNumber, result } = settlement;
      if (orderNumber !== answer.orderNumber || !isDeepStrictEqual(result, answer.result)) {
        throw new Violation(`order number ${answer.orderNumber} is settled as ${orderNumber}`, id);
      }
      return;
    }
    case 'dead':
      if (answer?.kind === 'rejected' || attempts >= attemptsMax) return;
      throw new Violation(`an order is given up at attempt ${attempts} of ${attemptsMax}`, id);
    case 'retry': {
      if (attempts >= attemptsMax) throw new Violation('an order is retried without end', id);
      const askedMs = answer?.kind === 'retry' ? (answer.afterMs ?? 0) : 0;
      const mostMs = Math.min(RETRY_MS_MAX, askedMs + BACKOFF_MS * 2 ** (attempts - 1));
      const delayMs = settlement.dueAtMs - nowMs;
      if (delayMs < 0 || delayMs > Math.ceil(mostMs)) {
        throw new Violation(
          `a retry is due in ${delayMs} ms, and must be in ${mostMs} at most`,
          id,
        );
      }
      return;
    }
    case 'untried':
      if (wasTried && answer?.kind !== 'untried') {
        throw new Violation('an order that was tried is charged no attempt', id);
      }
      if (model.orders.get(id)?.sentUnder.has(token) && !model.isFenceDamaged) {
        throw new Violation('an order that was sent is given back as not begun', id);
      }
  }
}

interface Justification {
  readonly token: number;
  readonly answer: ProducerAnswer | undefined;
  readonly wasTried: boolean;
  readonly nowMs: number;
  readonly model: Model;
}

const MEANINGS = { produced: 'produced', rejected: 'dead', untried: 'untried' };

/** What a producer answered in time counts. */
function checkHeeded(
  { id, attempts }: ClaimedOrder,
  settlement: Settlement,
  { answer, nowMs, model }: Omit<Justification, 'wasTried' | 'token'>,
) {
  const { kind } = settlement;
  const otherwise = attempts >= model.attemptsMax ? 'dead' : 'retry';
  const must = answer && answer.kind !== 'retry' ? MEANINGS[answer.kind] : otherwise;
  if (kind !== must) {
    throw new Violation(`a producer answered ${answer?.kind ?? 'nothing'}; settled is ${kind}`, id);
  }
  if (kind !== 'retry' || answer?.kind !== 'retry') return;
  const leastMs = Math.min(answer.afterMs ?? 0, RETRY_MS_MAX);
  if (settlement.dueAtMs - nowMs < leastMs) {
    throw new Violation(`a retry is due sooner than the ${leastMs} ms that were asked for`, id);
  }
}
