import type { ClaimedOrder } from '../../orders/order.ts';
import { RETRY_DELAY_MS_MAX } from '../../orders/retry.ts';
import type { Reply } from '../../webhook/post.ts';
import { isRefusal } from '../../webhook/refusal.ts';
import type { ProducerAnswer } from '../producer.ts';
import type { Health } from './breaker.ts';
import { answersInBatch, answerTo, isFailedBatch, isJson, reasonIn } from './results.ts';

/** What a reply means: for the orders that were sent, and for those that wait to be. */
export interface Verdict {
  readonly answers: ReadonlyMap<string, ProducerAnswer>;
  /** Whether the receiver took the message, so that its answer is about each order. */
  readonly isTaken: boolean;
  readonly health: Health;
  /** How long the receiver asked to be left alone. */
  readonly quietMs?: number;
}

const NO_JSON = 'The receiver answered with something other than JSON.';
const TIME_UP = 'The time was up before the receiver answered.';

export function verdictOf(reply: Reply, { orders, mode, nowMs, isJsonRequired }: Call): Verdict {
  const same = (answer: ProducerAnswer) => new Map(orders.map(({ id }) => [id, answer]));
  if (reply.kind !== 'answered') {
    const [reason, health] =
      reply.kind === 'aborted' ? [TIME_UP, 'unclear' as const] : [reply.reason, 'silent' as const];
    return { answers: same({ kind: 'retry', reason }), isTaken: false, health };
  }
  const { status, body } = reply;
  if (status >= 200 && status < 300) {
    if (isJsonRequired && !isJson(body)) {
      return {
        answers: same({ kind: 'retry', reason: NO_JSON }),
        isTaken: false,
        health: 'failing',
      };
    }
    if (mode === 'batch' && isFailedBatch(body)) {
      // Which order it is about will show when each is sent alone.
      return { answers: same(answerTo(body)), isTaken: false, health: 'up' };
    }
    const answers = mode === 'batch' ? answersInBatch(body, orders) : same(answerTo(body));
    return { answers, isTaken: true, health: 'up' };
  }
  const isRedirect = status >= 300 && status < 400;
  const what = isRedirect ? 'a redirect, which is not followed' : String(status);
  const reason = reasonIn(body) ?? `The receiver answered with ${what}.`;
  if (isRefusal(status)) {
    // A receiver that names a reason has looked at the order.
    const health = reasonIn(body) === undefined ? 'refusing' : 'up';
    return { answers: same({ kind: 'rejected', reason }), isTaken: false, health };
  }
  const afterMs = retryAfterMs(reply.retryAfter, nowMs);
  return {
    answers: same({ kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }),
    isTaken: false,
    health: ABOUT_THE_ORDER.has(status) ? 'unclear' : 'failing',
    ...(ABOUT_THE_SYSTEM.has(status) && afterMs !== undefined && { quietMs: afterMs }),
  };
}

/** What was sent, and how. */
interface Call {
  readonly orders: readonly ClaimedOrder[];
  readonly mode: 'order' | 'batch';
  readonly nowMs: number;
  readonly isJsonRequired: boolean;
}

/** They tell of an order that is under way, not of the receiver's health. */
const ABOUT_THE_ORDER = new Set([408, 409, 425]);
/** Their `Retry-After` holds for every call. */
const ABOUT_THE_SYSTEM = new Set([429, 503]);

/**
 * What `Retry-After` asks for: seconds, or a date.
 *
 * @returns milliseconds from now, up to `RETRY_DELAY_MS_MAX`; nothing where it is neither
 */
function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text);
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : isDate ? Date.parse(text) - nowMs : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_DELAY_MS_MAX);
}
