import type { Surroundings } from '../../lib/client/surroundings.ts';

/** Time that passes only while somebody sleeps, at once, and writes down how long they did. */
export function passingTime(random = 0) {
  let nowMs = 0;
  const sleptMs: number[] = [];
  const surroundings = {
    clock: { now: () => nowMs, after: () => () => {} },
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted();
      sleptMs.push(delayMs);
      nowMs += delayMs;
    },
    random: () => random,
  } satisfies Partial<Surroundings>;
  return { ...surroundings, sleptMs };
}
