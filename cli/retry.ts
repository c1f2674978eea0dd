/** When a request is sent again: after what may have been a passing fault, and a bounded number of times. */

/** Throttled, a fault of the server, or of what stands before it. Safe: every order carries its key. */
const STATUSES_RETRIED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** With the delays below, a request is given up after half a minute of waiting on average. */
const TRIES_MAX = 10;
/** While the server has never answered, its address is the likelier fault: say so soon. */
const TRIES_UNANSWERED_MAX = 3;
const DELAY_MS_BASE = 200;
const DELAY_MS_MAX = 20_000;
/** A longer wait than this is the operator's to decide. */
const RETRY_AFTER_MS_MAX = 60_000;

export function isRetried(status: number): boolean {
  return STATUSES_RETRIED.has(status);
}

export function triesMax(serverHasAnswered: boolean): number {
  return serverHasAnswered ? TRIES_MAX : TRIES_UNANSWERED_MAX;
}

/**
 * Delay before a request's next try: exponential with full jitter, on top of what the server
 * asked for with Retry-After, so that requests refused together do not come back together.
 *
 * @param tries       how often the request was sent, 1 or more
 * @param retryAfter  the header in seconds; a date or anything else counts as none
 * @param random      in [0, 1)
 * @returns milliseconds
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function retryDelayMs(tries: number, retryAfter: string | null, random: number): number {
  const askedMs = retryAfter && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  const jitterMs = random * Math.min(DELAY_MS_MAX, DELAY_MS_BASE * 2 ** (tries - 1));
  return Math.min(askedMs, RETRY_AFTER_MS_MAX) + Math.floor(jitterMs);
}
