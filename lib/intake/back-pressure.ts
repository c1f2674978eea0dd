/**
 * What an instance of a function knows of how many orders of each client wait. The depth of the queue
 * comes with its own submits, as enqueueing returns it, and costs no command. Orders that are due wait
 * as well; they are counted once for each hundredth of the limit that the instance takes in, and with
 * each submit while they keep a client out. It forgets what it knows after a second, so that one submit
 * a second finds out whether there is room again.
 */
export interface BackPressure {
  /** In how many seconds to try again, at least 1; `undefined` if the client's queue has room. */
  retryAfterS(client: string, nowMs: number): number | undefined;
  /** Whether a submit of so many orders should count how many are due. */
  countsDue(client: string, orders: number): boolean;
  /** Notes the outcome of a submit. */
  learn(client: string, submitted: Learned, nowMs: number): void;
  /** How many orders of the client wait, as far as that is known. */
  waiting(client: string): number;
  /** Notes that a submit has failed: it may have been cut off before it told the drain. */
  doubt(client: string): void;
  /** Whether a submit of the client has failed since the last one that enqueued orders. */
  isInDoubt(client: string): boolean;
}

/** What a submit shows of a client's queue. */
export interface Learned {
  readonly accepted: number;
  /** Ids in the queue, if orders were enqueued. */
  readonly queueDepth?: number | undefined;
  /** Orders that are due, if they were counted. */
  readonly due?: number | undefined;
}

interface Seen {
  readonly depth: number;
  readonly due: number;
  readonly atMs: number;
  readonly drainedPerS: number;
  /** Orders that were accepted since those that are due were counted. */
  readonly uncounted: number;
}

const KNOWN_MS = 1_000;
/** What is due is counted again for each such part of the limit. */
const COUNTED_PART = 0.01;
/** The schedule's interval: by then a drain has begun, and the rate is another one. */
export const RETRY_AFTER_S_MAX = 60;
/** Clients that an instance remembers. */
const CLIENTS_MAX = 1_000;

const UNSEEN: Seen = { depth: 0, due: 0, atMs: 0, drainedPerS: 0, uncounted: 0 };

/** @param queueMaxOf  how many orders of a client may wait for its submits to be accepted */
export function backPressure(queueMaxOf: (client: string) => number): BackPressure {
  const seen = new Map<string, Seen>();
  const inDoubt = new Set<string>();
  const waiting = (client: string) => waitingIn(seen.get(client) ?? UNSEEN);
  return {
    waiting,

    retryAfterS(client, nowMs) {
      const last = seen.get(client);
      const queueMax = queueMaxOf(client);
      if (last === undefined || waitingIn(last) <= queueMax) return undefined;
      if (Math.abs(nowMs - last.atMs) > KNOWN_MS) return undefined;
      return secondsUntil(queueMax, last);
    },

    countsDue(client, orders) {
      const { due, uncounted } = seen.get(client) ?? UNSEEN;
      const queueMax = queueMaxOf(client);
      if (due > 0 && waiting(client) > queueMax) return true;
      return uncounted + orders >= COUNTED_PART * queueMax;
    },

    learn(client, { accepted, queueDepth, due: dueNow }, nowMs) {
      const last = seen.get(client);
      const { depth = 0, due = 0, uncounted = 0 } = last ?? {};
      const isSeen = queueDepth !== undefined || dueNow !== undefined;
      const now = { depth: queueDepth ?? depth, due: dueNow ?? due };
      const hasRate = isSeen && last !== undefined && nowMs > last.atMs;
      // What others enqueued meanwhile slows the fall, as it will until the client is back.
      const drainedPerS = hasRate
        ? (waitingIn(last) - waitingIn(now)) / ((nowMs - last.atMs) / 1000)
        : (last?.drainedPerS ?? 0);
      seen.delete(client);
      if (seen.size >= CLIENTS_MAX) seen.delete(seen.keys().next().value ?? '');
      seen.set(client, {
        ...now,
        atMs: isSeen ? nowMs : (last?.atMs ?? nowMs),
        drainedPerS,
        uncounted: dueNow === undefined ? uncounted + accepted : 0,
      });
      if (queueDepth !== undefined) inDoubt.delete(client);
    },

    doubt: (client) => void inDoubt.add(client),
    isInDoubt: (client) => inDoubt.has(client),
  };
}

function waitingIn({ depth, due }: Pick<Seen, 'depth' | 'due'>): number {
  return depth + due;
}

function secondsUntil(queueMax: number, last: Seen): number {
  if (last.drainedPerS <= 0) return RETRY_AFTER_S_MAX;
  const seconds = Math.ceil((waitingIn(last) - queueMax) / last.drainedPerS);
  return Math.min(Math.max(seconds, 1), RETRY_AFTER_S_MAX);
}
