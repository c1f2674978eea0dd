import type { OrderEvent } from '../store/events.ts';

/**
 * The result of one POST. `taken`: the receiver has the event. `refused`: it will never take this one.
 * `failed`: it could not take it. `busy`: it asks to be left alone. `cut-off`: time was up, so nobody knows.
 */
export type Sent =
  | { readonly kind: 'taken' }
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'refused' | 'failed' | 'busy'; readonly reason: string };

export type SendEvent = (event: OrderEvent, signal: AbortSignal) => Promise<Sent>;

/** How many in a row the receiver may not take before it is left alone until the next run. */
export type StreakLimits = Readonly<Record<'refused' | 'failed' | 'busy', number>>;

/** Counts the events in a row that were not taken. */
export function streakWith(limits: StreakLimits) {
  const counts = { refused: 0, failed: 0, busy: 0 };
  return {
    record({ kind }: Sent): void {
      if (kind === 'taken') Object.assign(counts, { refused: 0, failed: 0, busy: 0 });
      else if (kind !== 'cut-off') counts[kind] += 1;
    },
    /** Whether the receiver is to be left alone. */
    isOver: () =>
      counts.refused >= limits.refused ||
      counts.failed >= limits.failed ||
      counts.busy >= limits.busy,
    /** What that is told as. */
    end: () => (counts.failed + counts.busy > 0 ? 'receiver-down' : 'all-refused'),
  } as const;
}

interface Sending {
  readonly send: SendEvent;
  /** The most POSTs at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly streak: ReturnType<typeof streakWith>;
}

/**
 * Sends the events of a page: one by one until the first is taken, then several at once; those of one
 * order one after the other.
 *
 * @returns what came of each that was sent, by its id
 */
export async function sendPage(
  page: readonly OrderEvent[],
  { send, concurrency, signal, streak }: Sending,
): Promise<ReadonlyMap<string, Sent>> {
  const answers = new Map<string, Sent>();
  const lastOf = new Map<string, Promise<void>>();
  let isTaken = false;
  const isOver = () => signal.aborted || streak.isOver();

  async function sendOne(event: OrderEvent, before: Promise<void> | undefined) {
    await before;
    if (isOver()) return;
    const sent = await send(event, signal);
    answers.set(event.id, sent);
    streak.record(sent);
    if (sent.kind === 'taken') isTaken = true;
  }

  const waiting = page.values();
  async function oneAfterTheOther(isEnough: () => boolean) {
    while (!isOver() && !isEnough()) {
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
