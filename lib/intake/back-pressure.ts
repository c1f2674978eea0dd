/**
 * What an instance of a function knows of the queue's depth. It learns it from its own submits, as
 * the enqueueing tells it, so it costs no command; it forgets it after a second, so that one
 * submit a second finds out whether the queue has room again.
 */
export interface BackPressure {
  /** In how many seconds to try again, at least 1; `undefined` where the queue has room. */
  retryAfterS(nowMs: number): number | undefined;
  /** Takes in how many ids were in the queue. */
  learn(queueDepth: number, nowMs: number): void;
}

interface Seen {
  readonly depth: number;
  readonly atMs: number;
}

const KNOWN_MS = 1_000;
/** The schedule's interval: by then a drain has begun, and the rate is another one. */
const RETRY_AFTER_S_MAX = 60;

/** @param queueMax  the depth past which submits are refused */
export function backPressure(queueMax: number): BackPressure {
  let last: Seen | undefined;
  let drainedPerS = 0;
  return {
    retryAfterS(nowMs) {
      if (last === undefined || last.depth <= queueMax) return undefined;
      if (Math.abs(nowMs - last.atMs) > KNOWN_MS) return undefined;
      return secondsUntil(queueMax, last.depth, drainedPerS);
    },

    learn(depth, nowMs) {
      if (last !== undefined && nowMs > last.atMs) {
        // What others enqueued meanwhile slows the fall, as it will until the client is back.
        drainedPerS = (last.depth - depth) / ((nowMs - last.atMs) / 1000);
      }
      last = { depth, atMs: nowMs };
    },
  };
}

function secondsUntil(queueMax: number, depth: number, drainedPerS: number): number {
  if (drainedPerS <= 0) return RETRY_AFTER_S_MAX;
  const seconds = Math.ceil((depth - queueMax) / drainedPerS);
  return Math.min(Math.max(seconds, 1), RETRY_AFTER_S_MAX);
}
