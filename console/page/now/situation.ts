import type { Activity } from '../../../lib/contract/activity-schemas.ts';
import type { Stats } from '../../../lib/contract/operator-schemas.ts';
import type { ApiFailure, Live, StatsDetail } from '../../protocol.ts';

/** What the verdict, the forecast and the gauge are made of: figures, and times in Unix milliseconds. */
export interface Situation {
  readonly nowMs: number;
  /** Since when the API gives no answer, and when the figures were read. */
  readonly away?: ApiFailure & { readonly sinceMs: number };
  readonly readAtMs: number;
  readonly stats: Stats;
  readonly detail?: StatsDetail;
  readonly pace: Pace;
  /** When a drain was last known to run. */
  readonly drainSeenAtMs?: number;
  /** Of the drains that claimed something, the latest that ended in the same way, one after the other. */
  readonly endings?: { readonly kind: Ending; readonly drains: number; readonly error?: string };
  readonly diedLately: number;
}

type Drain = Activity['drains'][number];
type Bucket = Activity['buckets'][number];
type Ending = Drain['ending'];

/** How fast orders come and go, over the last whole minutes. */
export interface Pace {
  readonly inPerMinute: number;
  readonly outPerMinute: number;
  /** Minutes in which a drain had something to do, of the last ten. */
  readonly busyMinutes: number;
  /** For how many minutes without a break more has come than gone. */
  readonly behindMinutes: number;
}

/** Short enough to follow a rush, long enough that one drain of a minute does not make it. */
const PACE_MINUTES = 5;
const LATELY_MINUTES = 10;

/** @returns undefined until the first figures are there */
export function situationOf(live: Live, nowMs: number): Situation | undefined {
  const { stats, activity, detail, failure } = live;
  if (stats === undefined) return undefined;
  const buckets = known(wholeMinutes(activity?.body, nowMs));
  const lastSeen = activity?.body.lastSeenAt ?? undefined;
  const endings = endingsOf(activity?.body.drains ?? []);
  return {
    nowMs,
    ...(failure && { away: failure }),
    readAtMs: stats.atMs,
    stats: stats.body,
    ...(detail && { detail: detail.body }),
    pace: paceOf(buckets),
    ...(lastSeen !== undefined && { drainSeenAtMs: Date.parse(lastSeen) }),
    ...(endings && { endings }),
    diedLately: sum(buckets.slice(-LATELY_MINUTES), ({ dead }) => dead),
  };
}

/** The minutes that are over. The one that is not would look like a fall. */
export function wholeMinutes(activity: Activity | undefined, nowMs: number): Bucket[] {
  if (activity === undefined) return [];
  const stepMs = activity.stepMinutes * 60_000;
  return activity.buckets.filter(({ at }) => Date.parse(at) + stepMs <= nowMs);
}

/** A drain says what it did as it ends, up to a minute later: until then a minute looks empty. */
const UNTOLD_MINUTES_MAX = 2;

function known(buckets: readonly Bucket[]): readonly Bucket[] {
  const told = buckets.findLastIndex(({ depth }) => depth !== null) + 1;
  const untold = buckets.length - told;
  return untold > 0 && untold <= UNTOLD_MINUTES_MAX ? buckets.slice(0, told) : buckets;
}

export function paceOf(buckets: readonly Bucket[]): Pace {
  const lately = buckets.slice(-PACE_MINUTES);
  const minutes = Math.max(1, lately.length);
  return {
    inPerMinute: sum(lately, cameIn) / minutes,
    outPerMinute: sum(lately, wentOut) / minutes,
    busyMinutes: buckets.slice(-LATELY_MINUTES).filter(({ claimed }) => claimed > 0).length,
    behindMinutes: behindMinutes(buckets),
  };
}

function cameIn(bucket: Bucket): number {
  return Math.max(0, bucket.cameIn ?? 0);
}

/** Produced or dead: what is retried comes again. */
function wentOut({ produced, dead }: Bucket): number {
  return produced + dead;
}

/** More than a fiftieth: drains end when they end, and not with the minute. */
const BEHIND_MIN = 1.02;

function behindMinutes(buckets: readonly Bucket[]): number {
  const backwards = buckets.toReversed();
  const caughtUp = backwards.findIndex(
    (bucket) => !(bucket.depth && cameIn(bucket) > BEHIND_MIN * wentOut(bucket)),
  );
  return caughtUp === -1 ? backwards.length : caughtUp;
}

/** @param drains  newest first */
function endingsOf(drains: readonly Drain[]): Situation['endings'] {
  const [last] = drains;
  if (last === undefined) return undefined;
  const other = drains.findIndex(({ ending }) => ending !== last.ending);
  const error = drains.slice(0, other === -1 ? undefined : other).find((one) => one.error)?.error;
  return {
    kind: last.ending,
    drains: other === -1 ? drains.length : other,
    ...(error !== undefined && { error }),
  };
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}
