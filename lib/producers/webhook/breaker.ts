import type { Clock } from '../../clock.ts';

/** Stops the calls of a system that is down, and finds out with one call whether it is back. */
export interface Breaker {
  /** `closed`: call; `half-open`: one call finds out; `open`: not to be called yet. */
  state(): 'closed' | 'half-open' | 'open';
  /**
   * What a call showed of the system; `unclear` where it showed nothing.
   *
   * @param quietMs  how long the system asked to be left alone, if it did
   * @returns whether it is this call that opened the breaker
   */
  record(health: Health, quietMs?: number): boolean;
}

export type Health = 'up' | 'down' | 'unclear';

/** So many calls in a row must fail before a system is taken for down. */
export const FAILURES_UNTIL_DOWN = 5;

/**
 * A breaker that opens after failures in a row, or at once where the system asks to be left alone.
 * It needs no pause of its own: the drain ends with it, and the next one comes within a minute.
 */
export function createBreaker(clock: Pick<Clock, 'now'>): Breaker {
  let failures = 0;
  let quiet = { fromMs: 0, untilMs: 0 };
  const state: Breaker['state'] = () => {
    const nowMs = clock.now();
    // A clock that was set back knows nothing of how long it is quiet yet.
    if (nowMs >= quiet.fromMs && nowMs < quiet.untilMs) return 'open';
    return failures < FAILURES_UNTIL_DOWN ? 'closed' : 'half-open';
  };
  return {
    state,
    record(health, quietMs = 0) {
      const wasClosed = state() === 'closed';
      if (health === 'up') failures = 0;
      if (health === 'down') failures += 1;
      if (quietMs > 0) {
        const fromMs = clock.now();
        quiet = { fromMs, untilMs: Math.max(quiet.untilMs, fromMs + quietMs) };
      }
      return wasClosed && state() !== 'closed';
    },
  };
}
