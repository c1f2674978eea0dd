import { formatInstant } from '../orders/instant.ts';
import type { Activity } from './activity-schemas.ts';
import type { Explanation } from './explanation-schemas.ts';
import type {
  Canceled,
  DrainReport,
  PauseDocument,
  Redriven,
  Resumed,
  Stats,
} from './operator-schemas.ts';
import type { Reasons } from './reasons-schemas.ts';

/** Examples of what operators send. */
export function operatorRequests(id: string) {
  return {
    'POST /dead-letters/redrive': { limit: 500 },
    'POST /orders/cancel': { ids: [id] },
    'POST /pause': { forMs: 1_800_000, reason: 'ERP release' },
  };
}

/** Examples of what operators get. */
export function operatorAnswers(id: string, nowMs: number) {
  const at = (afterMs: number) => formatInstant(nowMs + afterMs);
  const pause = { by: 'ops', reason: 'ERP release', since: at(0), until: at(1_800_000) };
  return {
    'POST /dead-letters/redrive': { redriven: 500 } satisfies Redriven,
    'POST /orders/cancel': {
      canceled: 1,
      results: [{ id, status: 200 }],
    } satisfies Canceled,
    'GET /stats': {
      ...{ queued: 120, producing: 100, scheduled: 3, dead: 1, produced: 18_500, canceled: 2 },
      oldestQueuedAgeMs: 1_250,
      approximate: ['queued', 'producing', 'scheduled'],
    } satisfies Stats,
    'POST /drain': {
      ...{ claimed: 120, produced: 119, retried: 1, dead: 0, remaining: 0 },
    } satisfies DrainReport,
    'POST /pause': pause satisfies PauseDocument,
    'POST /resume': { resumed: true } satisfies Resumed,
    'GET /dead-letters/reasons': reasons(id, at),
    'GET /activity': activity(at),
    'GET /orders/{id}/explanation': explanation(id, at),
  };
}

type At = (afterMs: number) => string;

function reasons(id: string, at: At): Reasons {
  return {
    groups: [
      {
        reason: 'erp: # for order #',
        example: 'ERP: 503 for order 536365',
        count: 1,
        clients: { shop: 1 },
        sums: { GBP: '3564' },
        ...{ firstAt: at(0), lastAt: at(0), attemptsMin: 24, attemptsMax: 24 },
        redrivenBefore: 0,
        ids: [id],
      },
    ],
    ...{ examined: 1, dead: 1 },
  };
}

function activity(at: At): Activity {
  const counts = { claimed: 120, produced: 119, retried: 1, dead: 0 };
  return {
    ...{ from: at(0), to: at(60_000), stepMinutes: 1 },
    latencyBoundsMs: [1_000, 60_000],
    buckets: [
      {
        ...{ at: at(0), cameIn: 120, ...counts, drains: 1, woken: 0, depth: 0 },
        ...{ oldestAgeMs: 1_250, latencies: [0, 119, 0], p50Ms: 30_500, p95Ms: 57_050 },
      },
    ],
    drains: [
      {
        ...{ startedAt: at(1_000), endedAt: at(4_000), slot: 0, isWoken: false, ...counts },
        ...{ depth: 0, oldestAgeMs: 1_250, ending: 'empty', error: 'ERP: 503' },
      },
    ],
    lastSeenAt: at(4_000),
  };
}

function explanation(id: string, at: At): Explanation {
  const lastError = { reason: 'ERP: 503', at: at(0) };
  return {
    ...{ id, kind: 'retry' },
    sentence: 'Attempt 3 of 24 failed at 13:37:00: "ERP: 503". Next try at 13:37:13, in 9 s.',
    facts: { dueAt: at(13_000), attempts: 3, attemptsMax: 24, lastError },
    ...{ offers: ['cancel'], at: at(4_000) },
  };
}
