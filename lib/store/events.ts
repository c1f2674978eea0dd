import type { Order } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { StoreFault } from './errors.ts';
import { orderFrom, readable } from './order-record.ts';
import { readStored } from './read.ts';
import { runScript } from './run-script.ts';
import { TAKE_OUT_EVENTS } from './scripts.ts';

/** The most events of one page. */
const EVENTS_PAGE_MAX = 100;
/** How many are kept to be sent again: as many as wait to be sent for the first time. */
const AGAIN_MAX = 1_000_000;
/** How many that were set aside are kept. Older ones are in the log. */
const ASIDE_MAX = 10_000;

/** Where events wait: `events` to be sent for the first time, `eventsAgain` after the receiver took others. */
export type EventLine = 'events' | 'eventsAgain';

/** Something has become of an order. It was written in the atomic step that made it so. */
export interface OrderEvent {
  /** The same each time the event is read, and no other event's. */
  readonly id: string;
  readonly orderId: string;
  /** `produced`, `dead` or `canceled`; a newer version may know others. */
  readonly kind: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** How often it was not taken by a receiver that took others. */
  readonly tries: number;
  /** As it is now; left out if it was forgotten since, or cannot be read. */
  readonly order?: Order;
}

/** Whether any event waits to be announced. One billed command. */
export async function hasEvents({ client, keys }: Store): Promise<boolean> {
  return (await client.repeatedly((redis) => redis.exists(keys.events, keys.eventsAgain))) > 0;
}

/** How many events there are, by where they are. Three billed commands. */
export async function countEvents({ client, keys }: Store) {
  const [waiting, again, aside] = await client.repeatedly((redis) =>
    redis
      .pipeline()
      .llen(keys.events)
      .llen(keys.eventsAgain)
      .llen(keys.eventsAside)
      .exec<[number, number, number]>(),
  );
  return { waiting, again, aside };
}

/**
 * The oldest events of a line, after `skip` of them, oldest first; at most `EVENTS_PAGE_MAX`. Three
 * billed commands.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function oldestEvents(
  store: Store,
  line: EventLine,
  skip: number,
  nowMs: number,
): Promise<OrderEvent[]> {
  const { client, keys } = store;
  const entries = await client.repeatedly((redis) =>
    redis.lrange<string>(keys[line], -skip - EVENTS_PAGE_MAX, -skip - 1),
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

/** An event that was sent, and where it goes. */
export type SentEvent = Pick<OrderEvent, 'id' | 'tries'> & { readonly to: Destination };

type Destination =
  | { readonly kind: 'out' }
  | { readonly kind: 'again'; readonly tries: number }
  | { readonly kind: 'aside'; readonly aside: Omit<AsideEvent, 'id'> };

/** An event that was set aside, and why. */
export interface AsideEvent {
  readonly id: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly asideAtMs: number;
}

/**
 * Takes sent events out of their line, as far as they are still the oldest there. Asked twice, it
 * takes out nothing more.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function takeOutEvents(
  { client, keys }: Store,
  line: EventLine,
  events: readonly SentEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await runScript(client, {
    script: TAKE_OUT_EVENTS,
    keys: [keys[line], keys.eventsAgain, keys.eventsAside],
    args: [
      ...[String(AGAIN_MAX), String(ASIDE_MAX)],
      ...events.flatMap((event) => [entryIn(line, event), event.to.kind, keptOf(event)]),
    ],
  });
}

function keptOf({ id, to }: SentEvent): string {
  if (to.kind === 'again') return entryIn('eventsAgain', { id, tries: to.tries });
  return to.kind === 'aside' ? JSON.stringify({ id, ...to.aside }) : '';
}

function entryIn(line: EventLine, { id, tries }: Pick<OrderEvent, 'id' | 'tries'>): string {
  return line === 'events' ? id : `${id}#${tries}`;
}

/** The scripts write `<id>:<kind>:<atMs>`, which is the event's id too. */
function eventFrom(entry: string): Omit<OrderEvent, 'order'> {
  const [, id, orderId, kind, atMs, tries = 0] =
    /^(([^:#]+):([a-z-]+):(\d{1,15}))(?:#(\d{1,3}))?$/.exec(entry) ?? [];
  if (id === undefined || orderId === undefined || kind === undefined) {
    throw new StoreFault('An entry of order_events is not an event');
  }
  return { id, orderId, kind, atMs: Number(atMs), tries: Number(tries) };
}
