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
 * the depth has grown by, plus what was claimed for the first time. Where drains of several slots
 * overlap, a step may owe another some; a sum over both is right.
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
  readonly depth: number;
  readonly drain?: DrainRecord;
  /** `undefined` where the depth before is unknown. */
  readonly cameIn?: number;
}

/** Looks by their end, each with what came in since the one before. */
function inflowsOf({ drains, idleMs }: Noted): Look[] {
  const looks: Look[] = [
    ...drains.map((drain) => ({ ...drain, drain })),
    ...idleMs.map((atMs) => ({ startMs: atMs, endMs: atMs, depth: 0 })),
  ].sort((one, other) => one.endMs - other.endMs);
  let depth: number | undefined;
  /** A drain of another slot may have claimed what an earlier one counted as ready. */
  let owed = 0;
  return looks.map((look) => {
    const before = depth;
    depth = look.depth;
    if (before === undefined) return look;
    const { claimed = 0, again = 0 } = look.drain ?? {};
    const cameIn = look.depth - before + claimed - again + owed;
    owed = Math.min(0, cameIn);
    return { ...look, cameIn: Math.max(0, cameIn) };
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
    depth: looks.at(-1)?.depth ?? null,
    oldestAgeMs: isSeen ? Math.max(0, ...drains.map(({ oldestAgeMs }) => oldestAgeMs)) : null,
    latencies,
    ...{ p50Ms: quantileMs(latencies, 0.5), p95Ms: quantileMs(latencies, 0.95) },
  };
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
    ...{ depth: drain.depth, oldestAgeMs: drain.oldestAgeMs, ending: drain.ending },
    ...(drain.error !== undefined && { error: drain.error }),
  };
}
