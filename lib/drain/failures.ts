import { holderParts } from '../orders/holder.ts';
import { type Failure, HISTORY_MAX } from '../orders/order.ts';
import type { Claim, LastClaim } from '../store/claim.ts';
import type { OrderState } from '../store/order-record.ts';

/**
 * What is kept of a reason and of all earlier attempts, in bytes as they are sent: a settle of 500 orders
 * with all their history stays under the 10 MB that a request to Upstash may have.
 */
const REASON_BYTES_MAX = 800;
const REASON_CHARACTERS_MAX = 500;
const HISTORY_BYTES_MAX = 9_600;
/** What is kept for each attempt that is older: all but its reason, and a few words of that. */
const ENTRY_BYTES_MIN = 190;

const UNANSWERED = 'The last attempt ended without an answer: its drain died or was cut off.';

/** An attempt that a producer has answered, or died in. */
export function failedAttempt(
  kind: 'failed' | 'rejected' | 'unanswered',
  reason: unknown,
  { token, holder }: Pick<Claim, 'token' | 'holder'>,
  atMs: number,
): Failure {
  return { reason: boundedReason(reason), atMs, kind, token, ...holderParts(holder) };
}

/** An attempt whose lease ended without a settlement. */
export function unansweredAttempt(last: LastClaim | undefined, nowMs: number): Failure {
  const failure = { reason: UNANSWERED, atMs: nowMs, kind: 'unanswered' } as const;
  const [, token, holder] = /^(\d+):\d+:(.+)$/s.exec(last?.owner ?? '') ?? [];
  if (last === undefined || token === undefined || holder === undefined) return failure;
  const atMs = Math.min(nowMs, last.leaseEndMs);
  return { ...failure, atMs, token: Number(token), ...holderParts(holder) };
}

/** What is kept of failures from one state to the next. */
export function failuresOf(
  state: OrderState | undefined,
): Pick<OrderState, 'lastError' | 'history' | 'redrives'> {
  const { lastError, history, redrives } = state ?? {};
  return {
    ...(lastError && { lastError }),
    ...(history && { history }),
    ...(redrives !== undefined && { redrives }),
  };
}

/** The same with one more failure. */
export function withFailure(state: OrderState | undefined, failure: Failure) {
  const { lastError, history = [], redrives } = failuresOf(state);
  const earlier = lastError === undefined ? history : [lastError, ...history];
  return {
    lastError: failure,
    ...(earlier.length > 0 && { history: bounded(earlier.slice(0, HISTORY_MAX)) }),
    ...(redrives !== undefined && { redrives }),
  };
}

/** Cuts reasons, those of the oldest attempts first, until all of it is short enough. */
function bounded(history: readonly Failure[]): readonly Failure[] {
  if (bytesSent(JSON.stringify(history)) <= HISTORY_BYTES_MAX) return history;
  let left = HISTORY_BYTES_MAX;
  return history.map((failure, at) => {
    const mostBytes = left - (history.length - 1 - at) * ENTRY_BYTES_MIN;
    const kept = cut(failure, mostBytes);
    left -= bytesSent(JSON.stringify(kept)) + 1;
    return kept;
  });
}

function cut(failure: Failure, mostBytes: number): Failure {
  let characters = [...failure.reason];
  let kept = failure;
  while (characters.length > 0 && bytesSent(JSON.stringify(kept)) > mostBytes) {
    characters = characters.slice(0, -Math.ceil(characters.length / 8));
    kept = { ...failure, reason: `${characters.join('')}…` };
  }
  return kept;
}

/** A reason that is short enough to be kept. */
function boundedReason(reason: unknown): string {
  const text = typeof reason === 'string' && reason !== '' ? reason : 'No reason was given.';
  let characters = [...text.toWellFormed()].slice(0, REASON_CHARACTERS_MAX);
  while (bytesSent(JSON.stringify(characters.join(''))) > REASON_BYTES_MAX) {
    characters = characters.slice(0, -Math.ceil(characters.length / 10));
  }
  return characters.join('');
}

/** The length of a JSON text inside a request, which is JSON itself. */
export function bytesSent(json: string): number {
  return Buffer.byteLength(JSON.stringify(json));
}
