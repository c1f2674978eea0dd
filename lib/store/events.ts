import type { Order } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { StoreFault } from './errors.ts';
import { orderFrom, readable } from './order-record.ts';
import { readStored } from './read.ts';
import { runScript } from './run-script.ts';
import { TAKE_OUT_EVENTS } from './scripts.ts';

/** The most events of one page. */
export const EVENTS_PAGE_MAX = 100;
/** How many refused events are kept. Older ones are in the log. */
const REFUSED_MAX = 10_000;

/** Something has become of an order. It was written in the atomic step that made it so. */
export interface OrderEvent {
  /** The same each time the event is read, and no other event's. */
  readonly id: string;
  readonly orderId: string;
  /** `produced`, `dead` or `canceled`; a newer version may know others. */
  readonly kind: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** As it is now; left out if it was forgotten since, or cannot be read. */
  readonly order?: Order;
}

/** How many events wait to be announced. One billed command. */
export function eventsWaiting({ client, keys }: Store): Promise<number> {
  return client.repeatedly((redis) => redis.llen(keys.events));
}

/**
 * The oldest events, after `skip` of them, oldest first; at most `EVENTS_PAGE_MAX`. Three billed
 * commands.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function oldestEvents(
  store: Store,
  skip: number,
  nowMs: number,
): Promise<OrderEvent[]> {
  const { client, keys } = store;
  const entries = await client.repeatedly((redis) =>
    redis.lrange<string>(keys.events, -skip - EVENTS_PAGE_MAX, -skip - 1),
  );
  const events = entries.toReversed().map(eventFrom);
  const stored = await readStored(
    store,
    events.map(({ orderId }) => orderId),
  );
  return events.map((event, at) => {
    const found = stored[at] ?? { record: null, state: null };
    const order = readable(() => orderFrom(event.orderId, found, nowMs));
    return { ...event, ...(order && { order }) };
  });
}

/** An event that was sent, and whether the receiver refused it for good. */
export interface SentEvent {
  readonly id: string;
  readonly isRefused: boolean;
}

/**
 * Takes sent events out, as far as they are still the oldest. What the receiver refused is set
 * aside. Asked twice, it takes out nothing more.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function takeOutEvents(store: Store, events: readonly SentEvent[]): Promise<void> {
  if (events.length === 0) return;
  await runScript(store.client, {
    script: TAKE_OUT_EVENTS,
    keys: [store.keys.events, store.keys.eventsRefused],
    args: [
      String(REFUSED_MAX),
      ...events.flatMap(({ id, isRefused }) => [id, isRefused ? '1' : '0']),
    ],
  });
}

/** The scripts write `<id>:<kind>:<atMs>`, which is the event's id too. */
function eventFrom(entry: string): Omit<OrderEvent, 'order'> {
  const [, orderId, kind, atMs] = /^([^:]+):([a-z-]+):(\d{1,15})$/.exec(entry) ?? [];
  if (orderId === undefined || kind === undefined) {
    throw new StoreFault('An entry of order_events is not an event');
  }
  return { id: entry, orderId, kind, atMs: Number(atMs) };
}
