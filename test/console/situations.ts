import { type Situation, situationOf } from '../../console/page/now/situation.ts';
import type { Live, StatsDetail } from '../../console/protocol.ts';
import type { Activity } from '../../lib/contract/activity-schemas.ts';
import type { Stats } from '../../lib/contract/operator-schemas.ts';

export const NOW_MS = Date.parse('2026-11-28T10:21:07.000Z');
export const MIN = 60_000;

const at = (ms: number) => new Date(ms).toISOString();

export type Minute = Partial<Activity['buckets'][number]>;

/** Figures of an hour, given minute by minute, the last one first; what is not given is a quiet minute. */
export function activityOf(
  latest: readonly Minute[] = [],
  more: Partial<Pick<Activity, 'drains' | 'lastSeenAt'>> = {},
): Activity {
  const quiet = { cameIn: 0, claimed: 0, produced: 0, retried: 0, dead: 0, drains: 1, woken: 0 };
  const none = { depth: 0, oldestAgeMs: null, latencies: [], p50Ms: null, p95Ms: null };
  const endMs = Math.floor(NOW_MS / MIN) * MIN;
  const buckets = Array.from({ length: 60 }, (_, minute) => {
    const startMs = endMs - (60 - minute) * MIN;
    return { at: at(startMs), ...quiet, ...none, ...latest[59 - minute] };
  });
  return {
    from: at(endMs - 60 * MIN),
    to: at(endMs),
    ...{
      stepMinutes: 1,
      latencyBoundsMs: [],
      buckets,
      drains: [],
      lastSeenAt: at(NOW_MS - 10_000),
    },
    ...more,
  };
}

export function drainOf(ending: Activity['drains'][number]['ending'], error?: string) {
  const counts = { claimed: 100, produced: 0, retried: 0, dead: 0, depth: 100, oldestAgeMs: 1_000 };
  const times = { startedAt: at(NOW_MS - 20_000), endedAt: at(NOW_MS - 10_000) };
  return { ...times, slot: 0, isWoken: false, ...counts, ending, ...(error && { error }) };
}

export interface Given {
  readonly stats?: Partial<Stats>;
  readonly activity?: Activity;
  readonly clients?: readonly { client: string; queued: number }[];
  readonly queueMax?: number;
  readonly upcoming?: StatsDetail['upcoming'];
  readonly upkeep?: { orders: number; accountedFor: number };
  readonly failure?: Live['failure'];
}

export function situation(given: Given = {}): Situation {
  const {
    stats,
    activity = activityOf(),
    clients = [],
    queueMax = 1_000_000,
    upcoming = { due: [], later: 0 },
    upkeep,
    failure,
  } = given;
  const counts = { queued: 0, producing: 0, scheduled: 0, dead: 0, produced: 0, canceled: 0 };
  const pass = { startedAt: at(NOW_MS - 2 * MIN), endedAt: at(NOW_MS - MIN), isComplete: true };
  const live: Live = {
    nowMs: NOW_MS,
    api: 'api.example',
    stats: {
      atMs: NOW_MS - 2_000,
      body: { ...counts, oldestQueuedAgeMs: null, approximate: [], ...stats },
    },
    detail: {
      atMs: NOW_MS,
      body: {
        ...{ queueMax, scheduledMax: 1_000, attemptsMax: 24, wakeIntervalMs: null },
        clients: clients.map((client) => ({ pending: 0, dead: 0, ...client })),
        ...{ upcoming, commandsExecuted: null },
        upkeep: upkeep ? { ...pass, ...upkeep, found: {}, repaired: {}, listed: [] } : null,
      },
    },
    activity: { atMs: NOW_MS, body: activity },
    ...(failure && { failure }),
    nextAtMs: NOW_MS + 8_000,
    redriveCommands: 45,
    spent: {
      ...{ sinceMs: 0, requests: 0, commands: 0, dollars: 0 },
      price: { dollarsPerMillion: 2, source: 's', asOf: 'd' },
    },
  };
  const found = situationOf(live, NOW_MS);
  if (found === undefined) throw new Error('There are figures.');
  return found;
}
