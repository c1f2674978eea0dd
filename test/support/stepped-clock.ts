import type { Clock } from '../../lib/clock.ts';

/** A clock that stands still until a test steps it. */
export interface SteppedClock extends Clock {
  /** Moves time on and makes the calls that fall due, in the order of their time. */
  step(ms: number): void;
}

export function steppedClock(startMs: number): SteppedClock {
  let nowMs = startMs;
  const calls = new Set<{ atMs: number; call: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, call) {
      const entry = { atMs: nowMs + Math.max(0, delayMs), call };
      calls.add(entry);
      return () => void calls.delete(entry);
    },
    step(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = [...calls].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > endMs) break;
        calls.delete(next);
        nowMs = next.atMs;
        next.call();
      }
      nowMs = endMs;
    },
  };
}
