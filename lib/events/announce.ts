import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Store } from '../store/connection.ts';
import {
  type EventLine,
  type OrderEvent,
  oldestEvents,
  type SentEvent,
  takeOutEvents,
} from '../store/events.ts';
import { type SendEvent, type Sent, type StreakLimits, sendPage, streakWith } from './send-page.ts';

export interface AnnounceDependencies {
  readonly store: Store;
  readonly send: SendEvent;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The most POSTs at once. */
  readonly concurrency: number;
}

export interface AnnounceReport {
  readonly announced: number;
  readonly setAside: number;
  /** Events that the next run sends again. */
  readonly again: number;
  /**
   * Why it ended: each event was sent; time was up or the lock was lost; the receiver took none, or no
   * more; or it refused that many that it was left alone.
   */
  readonly end: 'all-sent' | 'time-up' | 'receiver-down' | 'all-refused';
  /** Why the receiver did not take an event. */
  readonly reason?: string;
}

/**
 * How often an event may fail, in different runs, where the receiver takes others. A run is a minute, so
 * this outlasts a restart or a lock of the receiver's.
 */
export const TRIES_MAX = 10;

/** How many events in a row a receiver may not take before the run leaves it alone. */
export const LIMITS: StreakLimits = { refused: 100, failed: 10, busy: 3 };

interface Attempt {
  readonly event: OrderEvent;
  readonly sent: Exclude<Sent, { kind: 'cut-off' }>;
}

/**
 * Announces waiting events, oldest first, those of one order one after the other: those that were never
 * sent, then those that are sent again. Events are removed after they were announced, so a run that
 * dies announces some of them again, under the same id.
 *
 * No event stops the others: one that is not taken leaves its line, and is sent again in the next run.
 * Whether the receiver or the event is at fault is decided by evidence. In a run in which the receiver
 * takes an event, one that it refuses is set aside, and so is one that has failed `TRIES_MAX` times like
 * that. A receiver that takes none costs no event.
 *
 * @param signal  fires when nothing more may be sent
 * @throws StoreUnavailable, StoreFault; the next run continues
 */
export async function announce(
  dependencies: AnnounceDependencies,
  signal: AbortSignal,
): Promise<AnnounceReport> {
  const run: Run = { announced: 0, setAside: 0, again: new Set(), end: 'all-sent' };
  await announceLine(dependencies, run, 'events', signal);
  await announceLine(dependencies, run, 'eventsAgain', signal);
  const { announced, setAside, end, reason } = run;
  const again = run.again.size;
  return { announced, setAside, again, end, ...(reason !== undefined && { reason }) };
}

/** What a run has done so far. */
interface Run {
  announced: number;
  setAside: number;
  /** The ids of events that this run has moved to those that are sent again. */
  readonly again: Set<string>;
  end: AnnounceReport['end'];
  reason?: string;
}

async function announceLine(
  dependencies: AnnounceDependencies,
  run: Run,
  line: EventLine,
  signal: AbortSignal,
): Promise<void> {
  const { store, send, clock, metrics, concurrency } = dependencies;
  // An event of this line has failed before: that it fails again says little about the receiver.
  const isExpected = line === 'eventsAgain' && run.announced > 0;
  const streak = streakWith(isExpected ? { ...LIMITS, failed: LIMITS.refused } : LIMITS);
  // What was sent and is still in its place, oldest first: nobody knows yet who is at fault.
  let held: Attempt[] = [];
  let isFirst = true;
  while (!signal.aborted && !streak.isOver()) {
    const all = await oldestEvents(store, line, held.length, clock.now());
    // What this run has moved there comes last.
    const own = all.findIndex(({ id }) => run.again.has(id));
    const page = own === -1 ? all : all.slice(0, own);
    const [oldest] = page;
    if (oldest === undefined) break;
    if (isFirst) metrics.measure('OldestEventAge', ageS(clock.now() - oldest.atMs));
    isFirst = false;
    const answers = await sendPage(page, { send, concurrency, signal, streak });
    for (const event of page) {
      const sent = answers.get(event.id);
      // A later one may have been taken: it is announced again.
      if (sent === undefined || sent.kind === 'cut-off') break;
      held.push({ event, sent });
    }
    if (run.announced === 0 && !held.some(({ sent }) => sent.kind === 'taken')) continue;
    await takeOut(dependencies, run, line, held);
    held = [];
  }
  const isNoneTaken = held.length > 0 && run.announced === 0;
  await takeOut(dependencies, run, line, held);
  if (run.end !== 'all-sent') return;
  if (streak.isOver() || isNoneTaken) run.end = streak.end();
  else if (signal.aborted) run.end = 'time-up';
}

/** Removes sent events from their list, and reports those that the receiver did not accept. */
async function takeOut(
  { store, clock, log, metrics }: AnnounceDependencies,
  run: Run,
  line: EventLine,
  attempts: readonly Attempt[],
): Promise<void> {
  const taken = attempts.filter(({ sent }) => sent.kind === 'taken').length;
  const isUp = run.announced + taken > 0;
  const setAsideBefore = run.setAside;
  const sentEvents: SentEvent[] = [];
  const told: (() => void)[] = [];
  for (const { event, sent } of attempts) {
    const { id, tries } = event;
    const to = destinationOf({ event, sent }, isUp, clock.now());
    sentEvents.push({ id, tries, to });
    if ('reason' in sent) run.reason = sent.reason;
    if (to.kind === 'again') run.again.add(id);
    if (to.kind !== 'aside') continue;
    run.setAside += 1;
    const { reason } = to.aside;
    told.push(() => log('error', 'event-set-aside', { event: id, reason }));
  }
  await takeOutEvents(store, line, sentEvents);
  run.announced += taken;
  for (const tell of told) tell();
  metrics.measure('EventsSetAside', run.setAside - setAsideBefore);
}

function destinationOf({ event, sent }: Attempt, isUp: boolean, nowMs: number): SentEvent['to'] {
  if (sent.kind === 'taken') return { kind: 'out' };
  const tries = event.tries + (isUp && sent.kind !== 'busy' ? 1 : 0);
  const isGivenUp = isUp && (sent.kind === 'refused' || tries >= TRIES_MAX);
  if (!isGivenUp) return { kind: 'again', tries };
  return { kind: 'aside', aside: { reason: sent.reason, asideAtMs: nowMs } };
}

/** Never negative, as clocks may differ. */
function ageS(ageMs: number): number {
  return Math.max(0, ageMs) / 1_000;
}
