import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Store } from '../store/connection.ts';
import { type OrderEvent, oldestEvents, type SentEvent, takeOutEvents } from '../store/events.ts';

/**
 * The result of one POST. `taken`: the receiver has the event. `refused`: it will never take this one.
 * `failed`: it is down, or asks to be left alone. `cut-off`: time was up, so nobody knows.
 */
export type Sent =
  | { readonly kind: 'taken' | 'cut-off' }
  | { readonly kind: 'refused' | 'failed'; readonly reason: string };

export type SendEvent = (event: OrderEvent, signal: AbortSignal) => Promise<Sent>;

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
  /** Events that were set aside. */
  readonly refused: number;
  /**
   * Why it ended: nothing waits any more; time was up or the lock was lost; the receiver is down; or
   * it refuses every event.
   */
  readonly end: 'none-waits' | 'time-up' | 'receiver-down' | 'all-refused';
  /** Why the receiver did not take an event. */
  readonly reason?: string;
}

/** If a receiver refuses this many of the oldest events and takes none, the fault is its own. */
export const REFUSALS_MAX = 100;

/**
 * Announces waiting events, oldest first, those of one order one after the other. Events are removed
 * after they were announced, so a run that dies announces some of them again, under the same id.
 *
 * A refused event is set aside once the receiver has taken another one, which shows that the fault is
 * the event's. Until then it stays, because a receiver that is set up wrongly refuses everything.
 *
 * @param signal  fires when nothing more may be sent
 * @throws StoreUnavailable, StoreFault; the next run continues
 */
export async function announce(
  dependencies: AnnounceDependencies,
  signal: AbortSignal,
): Promise<AnnounceReport> {
  const { store, clock, log, metrics } = dependencies;
  let isFirst = true;
  let announced = 0;
  let refused = 0;
  let reason: string | undefined;
  // What has been sent and not yet removed, oldest first.
  let seenTo: (SentEvent & { reason?: string })[] = [];
  const reportOf = (end: AnnounceReport['end']): AnnounceReport => {
    return { announced, refused, end, ...(reason !== undefined && { reason }) };
  };

  while (!signal.aborted) {
    const page = await oldestEvents(store, seenTo.length, clock.now());
    const [oldest] = page;
    if (isFirst && oldest) metrics.measure('OldestEventAge', ageS(clock.now() - oldest.atMs));
    isFirst = false;
    if (page.length === 0) return reportOf(seenTo.length === 0 ? 'none-waits' : 'all-refused');
    const answers = await sendPage(page, dependencies, signal);
    for (const { id } of page) {
      const sent = answers.get(id);
      if (sent !== undefined && 'reason' in sent) reason = sent.reason;
      // A later one may have been taken: it is announced again.
      if (sent?.kind !== 'taken' && sent?.kind !== 'refused') break;
      const isRefused = sent.kind === 'refused';
      seenTo.push({ id, isRefused, ...(isRefused && { reason: sent.reason }) });
    }
    const setAside = seenTo.filter(({ isRefused }) => isRefused);
    if (setAside.length < seenTo.length) {
      await takeOutEvents(store, seenTo);
      for (const { id, reason } of setAside) log('error', 'event-refused', { event: id, reason });
      announced += seenTo.length - setAside.length;
      refused += setAside.length;
      metrics.measure('EventsRefused', setAside.length);
      seenTo = [];
    }
    if ([...answers.values()].some(({ kind }) => kind === 'failed'))
      return reportOf('receiver-down');
    if (seenTo.length >= REFUSALS_MAX) return reportOf('all-refused');
  }
  return reportOf('time-up');
}

/** Never negative, as clocks may differ. */
function ageS(ageMs: number): number {
  return Math.max(0, ageMs) / 1_000;
}

/** Sends the events of a page: one by one until the first is taken, then several at once. */
async function sendPage(
  page: readonly OrderEvent[],
  { send, concurrency }: AnnounceDependencies,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Sent>> {
  const answers = new Map<string, Sent>();
  const lastOf = new Map<string, Promise<void>>();
  let isTaken = false;
  let isOver = false;

  async function sendOne(event: OrderEvent, before: Promise<void> | undefined) {
    await before;
    if (isOver || signal.aborted) return;
    const sent = await send(event, signal);
    answers.set(event.id, sent);
    if (sent.kind === 'taken') isTaken = true;
    if (sent.kind === 'failed') isOver = true;
  }

  const waiting = page.values();
  async function oneAfterTheOther(isEnough: () => boolean) {
    while (!isOver && !signal.aborted && !isEnough()) {
      const { value: event } = waiting.next();
      if (event === undefined) return;
      const sending = sendOne(event, lastOf.get(event.orderId));
      lastOf.set(event.orderId, sending);
      await sending;
    }
  }
  await oneAfterTheOther(() => isTaken);
  await Promise.all(Array.from({ length: concurrency }, () => oneAfterTheOther(() => false)));
  return answers;
}
