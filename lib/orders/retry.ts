export const RETRY_DELAY_MS_BASE = 5_000;
export const RETRY_DELAY_MS_MAX = 15 * 60 * 1000;

/**
 * Delay before an order's next attempt: exponential with full jitter, so that orders that failed
 * together do not come back together. A delay that the producer asks for (`Retry-After`) is the
 * least, and capped all the same.
 *
 * @param attempt  attempts so far, 1 or more
 * @param random   in [0, 1)
 * @param afterMs  the delay that the producer asked for, if it did; a non-number counts as no delay
 * @returns whole milliseconds, at most `RETRY_DELAY_MS_MAX`
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export function retryDelayMs(attempt: number, random: number, afterMs = 0): number {
  const ceilingMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_BASE * 2 ** (attempt - 1));
  const leastMs = Number.isNaN(afterMs) ? 0 : Math.max(afterMs, 0);
  return Math.min(RETRY_DELAY_MS_MAX, Math.ceil(leastMs + random * ceilingMs));
}
