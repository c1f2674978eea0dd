import type { Platform } from '../../lib/client/platform.ts';

/** Time that passes only while somebody sleeps, at once, and writes down how long they did. */
export function passingTime(random = 0) {
  let nowMs = 0;
  const sleptMs: number[] = [];
  const platform = {
    clock: { now: () => nowMs, after: () => () => {} },
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted();
      sleptMs.push(delayMs);
      nowMs += delayMs;
    },
    random: () => random,
  } satisfies Partial<Platform>;
  return { ...platform, sleptMs };
}
