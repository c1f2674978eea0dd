import type { Activity } from '../contract/activity-schemas.ts';
import { formatInstant } from '../orders/instant.ts';
import { type DrainRecord, LATENCY_BOUNDS_MS, type Noted } from '../store/activity.ts';

/** How many drains are told one by one. */
const DRAINS_MAX = 20;
const MINUTE_MS = 60_000;

/** A time divided into steps: whole minutes, Unix milliseconds. */
export interface Steps {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMinutes: number;
}

/** Widens a time to whole steps. */
export function stepsOf(fromMs: number, toMs: number, stepMinutes: number): Steps {
  const stepMs = stepMinutes * MINUTE_MS;
  const first = Math.floor(fromMs / stepMs);
  return {
    fromMs: first * stepMs,
    toMs: Math.max(first + 1, Math.ceil(toMs / stepMs)) * stepMs,
    stepMinutes,
  };
}

/**
 * Adds up what drains have left in each step of a time. What came in is not counted anywhere: it is what
 * the queues have grown by, plus what was claimed for the first time; what is tried again is in no queue.
 * Where drains of several slots overlap, a step may owe another some; a sum over both is right.
 *
 * @param noted  also from some time before, for the depth at the beginning
 */
export function activityOf(noted: Noted, steps: Steps): Activity {
  const { fromMs, toMs, stepMinutes } = steps;
  const stepMs = stepMinutes * MINUTE_MS;
  const looks: Look[][] = Array.from({ length: Math.round((toMs - fromMs) / stepMs) }, () => []);
  for (const look of inflowsOf(noted))
    looks[Math.floor((look.startMs - fromMs) / stepMs)]?.push(look);
  const buckets = looks.map((some, at) => ({
    at: formatInstant(fromMs + at * stepMs),
    ...bucketOf(some),
  }));
  const latest = noted.drains.toSorted((one, other) => other.endMs - one.endMs);
  const lastMs = Math.max(latest[0]?.endMs ?? 0, noted.idleMs.at(-1) ?? 0);
  return {
    ...{ from: formatInstant(fromMs), to: formatInstant(toMs), stepMinutes },
    latencyBoundsMs: [...LATENCY_BOUNDS_MS],
    buckets,
    drains: latest.slice(0, DRAINS_MAX).map(drainDocument),
    lastSeenAt: lastMs === 0 ? null : formatInstant(lastMs),
  };
}

/** A look at the queue: what a drain left, or that there was nothing. */
interface Look {
  readonly startMs: number;
  readonly endMs: number;
  readonly queued: number | null;
  readonly due: number | null;
  readonly drain?: DrainRecord;
  /** `undefined` where the depth now or before is unknown. */
  readonly cameIn?: number;
}

function depthOf({ queued, due }: Pick<DrainRecord, 'queued' | 'due'>): number | null {
  return queued === null || due === null ? null : queued + due;
}

/** Looks by their end, each with what came in since the one before. */
function inflowsOf({ drains, idleMs }: Noted): Look[] {
  const looks: Look[] = [
    ...drains.map((drain) => ({ ...drain, drain })),
    ...idleMs.map((atMs) => ({ startMs: atMs, endMs: atMs, queued: 0, due: 0 })),
  ].sort((one, other) => one.endMs - other.endMs);
  const lost = lostClaims(looks);
  let before: number | undefined;
  /** What has come in since the last look at the queues; less than nothing where an earlier one counted it. */
  let open = 0;
  return looks.map((look, at) => {
    if (before !== undefined) open += (look.drain?.arrived ?? 0) + (lost[at] ?? 0);
    if (look.queued === null) return look;
    if (before !== undefined) open += look.queued - before;
    const isKnown = before !== undefined;
    before = look.queued;
    if (!isKnown) return look;
    const cameIn = Math.max(0, open);
    open -= cameIn;
    return { ...look, cameIn };
  });
}

/**
 * How many orders were claimed before each look by drains that were killed, and so left no record: each
 * claim raises the token by one. While others are at work it cannot be told.
 */
function lostClaims(looks: readonly Look[]): number[] {
  let token: number | undefined;
  let missing = 0;
  let startMs = Number.POSITIVE_INFINITY;
  const isAlone = looks
    .toReversed()
    .map((look) => {
      const isLast = look.endMs <= startMs;
      startMs = Math.min(startMs, look.startMs);
      return isLast;
    })
    .reverse();
  return looks.map(({ drain }, at) => {
    if (drain === undefined) return 0;
    // A fence that was lost begins anew.
    missing = token === undefined || drain.token < token ? 0 : missing + drain.token - token;
    if (token !== undefined && drain.token >= token) missing -= drain.claimed;
    token = drain.token;
    if (!isAlone[at]) return 0;
    const lost = Math.max(0, missing);
    missing = 0;
    return lost;
  });
}

function bucketOf(looks: readonly Look[]): Omit<Activity['buckets'][number], 'at'> {
  const drains = looks.flatMap(({ drain }) => (drain === undefined ? [] : [drain]));
  const sum = (name: 'claimed' | 'produced' | 'retried' | 'dead' | 'drains' | 'woken') =>
    drains.reduce((total, drain) => total + drain[name], 0);
  const known = looks.flatMap(({ cameIn }) => (cameIn === undefined ? [] : [cameIn]));
  const latencies = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, at) =>
    drains.reduce((total, drain) => total + (drain.latencies[at] ?? 0), 0),
  );
  const isSeen = looks.length > 0;
  return {
    cameIn: known.length === 0 ? null : known.reduce((total, one) => total + one, 0),
    ...{ claimed: sum('claimed'), produced: sum('produced'), retried: sum('retried') },
    ...{ dead: sum('dead'), drains: sum('drains'), woken: sum('woken') },
    depth: lastDepth(looks),
    oldestAgeMs: isSeen ? Math.max(0, ...drains.map(({ oldestAgeMs }) => oldestAgeMs)) : null,
    latencies,
    ...{ p50Ms: quantileMs(latencies, 0.5), p95Ms: quantileMs(latencies, 0.95) },
  };
}

function lastDepth(looks: readonly Look[]): number | null {
  const last = looks.findLast((look) => depthOf(look) !== null);
  return last === undefined ? null : depthOf(last);
}

/**
 * Estimates a quantile from counts by `LATENCY_BOUNDS_MS`, as if the values between two bounds were
 * spread evenly. What is above all bounds counts as the last of them.
 */
export function quantileMs(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = share * total;
  for (const [at, count] of counts.entries()) {
    const [low, high] = [LATENCY_BOUNDS_MS[at - 1] ?? 0, LATENCY_BOUNDS_MS[at]];
    if (high === undefined) return low;
    if (left <= count && count > 0) return Math.round(low + ((high - low) * left) / count);
    left -= count;
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? null;
}

function drainDocument(drain: DrainRecord): Activity['drains'][number] {
  const { startMs, endMs, slot, woken, claimed, produced, retried, dead } = drain;
  return {
    ...{ startedAt: formatInstant(startMs), endedAt: formatInstant(endMs), slot },
    isWoken: woken > 0,
    ...{ claimed, produced, retried, dead },
    ...{ depth: depthOf(drain), oldestAgeMs: drain.oldestAgeMs, ending: drain.ending },
    ...(drain.error !== undefined && { error: drain.error }),
  };
}
