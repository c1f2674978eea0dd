import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';

/** A clock that jumps from one call that is due to the next, once everything in between has settled. */
export function virtualTime() {
  let nowMs = 0;
  const due = new Map<number, Set<() => void>>();

  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, call) {
      const atMs = nowMs + Math.max(0, Math.ceil(delayMs));
      const calls = due.get(atMs) ?? new Set();
      calls.add(call);
      due.set(atMs, calls);
      return () => void calls.delete(call);
    },
  };

  return {
    ...clock,
    sleep: (delayMs: number) => new Promise<void>((wake) => void clock.after(delayMs, wake)),
    /** Passes this much time. */
    async run(durationMs: number): Promise<void> {
      const endMs = nowMs + durationMs;
      for (; nowMs <= endMs; nowMs += 1) {
        // What is called may be for this same millisecond.
        for (let calls = due.get(nowMs); calls !== undefined; calls = due.get(nowMs)) {
          due.delete(nowMs);
          for (const call of calls) call();
          await turn();
        }
      }
      nowMs = endMs;
    },
  };
}
