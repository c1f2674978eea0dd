import { maintenanceStore } from '../../lib/redis/maintenance-store.ts';
import { grouped } from '../money.ts';
import { countOf } from '../report.ts';
import { type Check, ok, unknown, type Verdict, warning, wrong } from './check.ts';
import { duration } from './figures.ts';
import { keysAreRight, prefixIsRight } from './key-checks.ts';
import type { RedisSide } from './redis-side.ts';
import type { State } from './state.ts';

/** Two runs of the schedule, and some. */
const SCHEDULE_MS = 150_000;
const DAY_MS = 86_400_000;
/** The daily pass may be cut off once, and goes on a day later. */
const RETENTION_DAYS_BEYOND = 2;
const RETENTION_DAYS_DEFAULT = 30;
/** How many of the newest produced orders the counters are held against. */
const BEARERS = 10;

/** How Sluice itself is doing, as its keys show. */
export const STATE_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'prefix',
    looksAt: 'whether the orders are under SLUICE_PREFIX',
    run: prefixIsRight,
  },
  {
    name: 'keys',
    looksAt: 'the types of Sluice’s keys, and that none of them will expire',
    isEssential: true,
    run: keysAreRight,
  },
  {
    name: 'counters',
    looksAt: 'whether order number and fencing token are ahead of what orders bear',
    run: countersAreAhead,
  },
  {
    name: 'schedule',
    looksAt: 'signs that a drain ran in the last minutes',
    run: async (side) => drainRan(await side.state()),
  },
  {
    name: 'dead letters',
    looksAt: 'orders that are not retried by themselves',
    run: async (side) => deadLetters(await side.state()),
  },
  {
    name: 'events',
    looksAt: 'events that wait to be announced, and those that were refused',
    run: async (side) => eventsFlow(await side.state()),
  },
  {
    name: 'retention',
    looksAt: 'whether orders go that ended long ago: the daily pass',
    run: async (side) => retentionRuns(await side.state(), side.env),
  },
];

async function countersAreAhead({ client, keys }: RedisSide): Promise<Verdict> {
  const newest = await client.once((redis) =>
    redis.zrange<string[]>(keys.finished, 0, BEARERS - 1, { rev: true }),
  );
  if (newest.length === 0) return ok('no order was produced yet');
  const behind = await maintenanceStore(client, keys).counters(newest, { isRepair: false });
  const names = behind.map(({ counter, value, borne }) => `order_${counter} ${value} < ${borne}`);
  if (names.length === 0)
    return ok(`ahead of what the last ${countOf(newest.length, 'order')} bore`);
  return wrong(
    `behind: ${names.join(', ')}`,
    'A number could be given out twice: npm run sluice -- reconcile --repair. Where the producer ' +
      'gives numbers of its own, this is no fault of anything.',
  );
}

/** Nothing marks an idle drain, as that would cost commands: only orders show whether it ran. */
function drainRan(state: State): Verdict {
  const { counts, nowMs, firstDueAtMs, lastFinishedAtMs = 0, lastDeadAtMs = 0 } = state;
  if (state.isDraining) return ok('a drain runs now');
  const ended = Math.max(lastFinishedAtMs, lastDeadAtMs);
  if (ended > 0 && nowMs - ended < SCHEDULE_MS) {
    return ok(`the last order ended ${duration(Math.max(0, nowMs - ended))} ago`);
  }
  const dueForMs = firstDueAtMs === undefined ? 0 : nowMs - firstDueAtMs;
  const readyForMs = Math.max(counts.oldestQueuedAgeMs ?? 0, dueForMs);
  if (readyForMs > SCHEDULE_MS) {
    return wrong(
      `an order has been ready for ${duration(readyForMs)}, and none has ended since`,
      'Look whether the schedule of drain-queue is there and enabled, and at the function’s log: a ' +
        'drain whose producer is down ends at once. npm run sluice -- drain runs one now.',
    );
  }
  return unknown(
    readyForMs > 0 ? `an order has been ready for ${duration(readyForMs)}` : 'the queue is idle',
    'An idle drain leaves no trace in Redis. CloudWatch has the invocations of drain-queue: one a ' +
      'minute and slot.',
  );
}

function deadLetters({ counts: { dead } }: State): Verdict {
  if (dead === 0) return ok('none');
  return warning(
    `${grouped(dead)} ${dead === 1 ? 'order is' : 'orders are'} dead`,
    'npm run sluice -- dead-letters shows why; once that is mended, npm run sluice -- redrive --all.',
  );
}

function eventsFlow({ eventsWaiting, eventsRefused, oldestEvent, nowMs }: State): Verdict {
  const atMs = Number(oldestEvent?.split(':').at(-1) ?? nowMs);
  const ageMs = nowMs - atMs;
  if (eventsWaiting > 0 && ageMs > SCHEDULE_MS) {
    return wrong(
      `${grouped(eventsWaiting)} wait, the oldest for ${duration(ageMs)}`,
      'Look at the log of announce-events: its receiver is down, or it is not deployed while ' +
        'SLUICE_EVENTS_URL was set for the others.',
    );
  }
  if (eventsRefused > 0) {
    return warning(
      `${grouped(eventsRefused)} were refused by the receiver`,
      'They are in order_events_refused; docs/events.md says what to do with them.',
    );
  }
  return ok(eventsWaiting === 0 ? 'none wait' : `${grouped(eventsWaiting)} wait, as they should`);
}

function retentionRuns(state: State, env: RedisSide['env']): Verdict {
  const days = Number(env.SLUICE_RETENTION_DAYS || RETENTION_DAYS_DEFAULT);
  const firsts = [state.firstFinishedAtMs, state.firstCanceledAtMs].filter(
    (at) => at !== undefined,
  );
  if (firsts.length === 0) return ok('no order has ended yet');
  const endedAtMs = Math.min(...firsts);
  const ageMs = state.nowMs - endedAtMs;
  const found = `the oldest ended ${duration(ageMs)} ago, and is kept for ${countOf(days, 'day')}`;
  if (ageMs <= (days + RETENTION_DAYS_BEYOND) * DAY_MS) return ok(found);
  const queuedAtMs = state.nowMs - (state.counts.oldestQueuedAgeMs ?? 0);
  if (queuedAtMs <= endedAtMs) {
    return warning(
      `${found}; an order that is older still waits in the queue`,
      'Nothing is forgotten that ended after the oldest queued order was accepted: drain the queue.',
    );
  }
  return wrong(
    found,
    'Look at the log of maintain, which runs at 03:30 UTC: without it the database fills up. ' +
      'SLUICE_RETENTION_DAYS must be here what it is there.',
  );
}
