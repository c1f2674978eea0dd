import { retryDelayMs } from '../orders/retry.ts';
import type { ClaimedOrder, Settlement } from '../queue/store.ts';
import type { ProducerAnswer } from './producer.ts';

/**
 * What is kept of a reason and of a result: a settle of 500 orders stays under the 10 MB that a
 * request to Upstash may have.
 */
const REASON_CHARACTERS_MAX = 500;
const RESULT_BYTES_MAX = 8 * 1024;
/** The counter follows the largest number that orders bear, and must be able to go on from there. */
const ORDER_NUMBER_MAX = 10 ** 15;

/**
 * What a producer's answer means for an order: a retry while attempts are left, else dead. One that
 * was not tried is given back, also at its last attempt.
 *
 * @param random  in [0, 1)
 */
export function settlementOf(
  order: ClaimedOrder,
  answer: ProducerAnswer,
  { nowMs, random, attemptsMax }: { nowMs: number; random: number; attemptsMax: number },
): Settlement {
  const { id, attempts } = order;
  if (answer.kind === 'produced') {
    const { kind, orderNumber, result } = answer;
    return {
      id,
      kind,
      ...(isOrderNumber(orderNumber) && { orderNumber }),
      ...(isKept(result) && { result }),
    };
  }
  if (answer.kind === 'untried') return { id, kind: 'untried' };
  const reason = boundedReason(answer.reason);
  if (answer.kind === 'rejected' || attempts >= attemptsMax) return { id, kind: 'dead', reason };
  const dueAtMs = nowMs + retryDelayMs(attempts, random, answer.afterMs);
  return { id, kind: 'retry', dueAtMs, reason };
}

function boundedReason(reason: unknown): string {
  const text = typeof reason === 'string' && reason !== '' ? reason : 'No reason was given.';
  return [...text.toWellFormed()].slice(0, REASON_CHARACTERS_MAX).join('');
}

/** As with a result: what is none is left out. */
function isOrderNumber(orderNumber: number | undefined): orderNumber is number {
  return (
    Number.isInteger(orderNumber) &&
    Number(orderNumber) >= 0 &&
    Number(orderNumber) <= ORDER_NUMBER_MAX
  );
}

/** The order is produced, whatever came back: a result that cannot be kept is left out. */
function isKept(result: unknown): boolean {
  try {
    const json = JSON.stringify(result);
    return json !== undefined && Buffer.byteLength(json) <= RESULT_BYTES_MAX;
  } catch {
    return false;
  }
}
