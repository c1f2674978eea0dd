/**
 * What an instance of a function knows of the depth of each client's queue. It learns it from its
 * own submits, as enqueueing returns it, so it costs no command. It forgets it after a second, so
 * that one submit a second finds out whether the queue has room again.
 */
export interface BackPressure {
  /** In how many seconds to try again, at least 1; `undefined` if the client's queue has room. */
  retryAfterS(client: string, nowMs: number): number | undefined;
  /** Notes how many ids were in the client's queue. */
  learn(client: string, queueDepth: number, nowMs: number): void;
  /** Notes that a submit has failed: it may have been cut off before it told the drain. */
  doubt(client: string): void;
  /** Whether a submit of the client has failed since the last one that `learn` was told of. */
  isInDoubt(client: string): boolean;
}

interface Seen {
  readonly depth: number;
  readonly atMs: number;
  readonly drainedPerS: number;
}

const KNOWN_MS = 1_000;
/** The schedule's interval: by then a drain has begun, and the rate is another one. */
const RETRY_AFTER_S_MAX = 60;
/** Clients that an instance remembers. */
const CLIENTS_MAX = 1_000;

/** @param queueMax  depth of a client's queue past which its submits are refused */
export function backPressure(queueMax: number): BackPressure {
  const seen = new Map<string, Seen>();
  const inDoubt = new Set<string>();
  return {
    retryAfterS(client, nowMs) {
      const last = seen.get(client);
      if (last === undefined || last.depth <= queueMax) return undefined;
      if (Math.abs(nowMs - last.atMs) > KNOWN_MS) return undefined;
      return secondsUntil(queueMax, last);
    },

    learn(client, depth, nowMs) {
      const last = seen.get(client);
      const hasRate = last !== undefined && nowMs > last.atMs;
      // What others enqueued meanwhile slows the fall, as it will until the client is back.
      const drainedPerS = hasRate
        ? (last.depth - depth) / ((nowMs - last.atMs) / 1000)
        : (last?.drainedPerS ?? 0);
      seen.delete(client);
      if (seen.size >= CLIENTS_MAX) seen.delete(seen.keys().next().value ?? '');
      seen.set(client, { depth, atMs: nowMs, drainedPerS });
      inDoubt.delete(client);
    },

    doubt: (client) => void inDoubt.add(client),
    isInDoubt: (client) => inDoubt.has(client),
  };
}

function secondsUntil(queueMax: number, { depth, drainedPerS }: Seen): number {
  if (drainedPerS <= 0) return RETRY_AFTER_S_MAX;
  const seconds = Math.ceil((depth - queueMax) / drainedPerS);
  return Math.min(Math.max(seconds, 1), RETRY_AFTER_S_MAX);
}
