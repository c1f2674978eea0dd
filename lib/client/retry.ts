/** When a request is sent again: after faults that may pass, a limited number of times. */

/** With the delays below, a request fails after half a minute of waiting on average. */
export const TRIES_MAX = 10;
const DELAY_MS_BASE = 200;
const DELAY_MS_MAX = 20_000;
/** Longer waits are for the caller to decide. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Throttled, or a fault of the API or of what stands in front of it. */
const STATUSES_PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export function isPassing(status: number): boolean {
  return STATUSES_PASSING.has(status);
}

/** The only one of them that means that nothing was done. */
export function isUndone(status: number): boolean {
  return status === 429;
}

/**
 * Delay before a request's next try: exponential with full jitter, on top of the server's
 * Retry-After, so that requests that were refused together do not come back together.
 *
 * @param tries        tries so far, 1 or more
 * @param retryAfterS  the server's Retry-After, seconds
 * @param random       in [0, 1)
 * @returns milliseconds
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function resendDelayMs(tries: number, retryAfterS: number, random: number): number {
  const jitterMs = random * Math.min(DELAY_MS_MAX, DELAY_MS_BASE * 2 ** (tries - 1));
  return Math.min(retryAfterS * 1000, RETRY_AFTER_MS_MAX) + Math.floor(jitterMs);
}
