import { StoreFault } from '../queue/errors.ts';
import {
  EVENTS_PAGE_MAX,
  type EventStore,
  type OrderEvent,
  type SeenTo,
} from '../queue/event-store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { ORDER_FIELDS, orderFromValues, readable, type Values, withOwner } from './order-hash.ts';
import { runRepeatedly } from './run-script.ts';
import { ANNOUNCED, EVENTS } from './scripts.ts';

/** A reply over 10 MB is refused, and a byte may take six in JSON; the last order may be a quarter. */
const PAGE_BYTES_MAX = 1024 * 1024;
/** Those that were refused last: what falls out is in the log. */
const REFUSED_MAX = 10_000;

export function eventStore(client: RedisClient, keys: Keys): EventStore {
  return {
    waiting: () => client.repeatedly((redis) => redis.llen(keys.events)),

    async oldest(skip: number, nowMs: number): Promise<OrderEvent[]> {
      const limits = [skip, EVENTS_PAGE_MAX, PAGE_BYTES_MAX].map(String);
      const answer = (await runRepeatedly(
        client,
        EVENTS,
        [keys.events, keys.owners],
        [...limits, keys.orderPrefix, ...ORDER_FIELDS],
      )) as [string, string, Values][];
      return answer.map(([entry, owner, values]) => {
        const event = eventFrom(entry);
        const order = readable(() => orderFromValues(event.orderId, values, nowMs));
        return { ...event, ...(order && { order: withOwner(order, owner) }) };
      });
    },

    async takeOut(events: readonly SeenTo[]): Promise<void> {
      if (events.length === 0) return;
      await runRepeatedly(
        client,
        ANNOUNCED,
        [keys.events, keys.eventsRefused],
        [
          String(REFUSED_MAX),
          ...events.flatMap(({ id, isRefused }) => [id, isRefused ? '1' : '0']),
        ],
      );
    },
  };
}

/** The scripts write `<id>:<kind>:<atMs>`, and that is what makes an event's id. */
function eventFrom(entry: string): Omit<OrderEvent, 'order'> {
  const [, orderId, kind, atMs] = /^([^:]+):([a-z-]+):(\d{1,15})$/.exec(entry) ?? [];
  if (orderId === undefined || kind === undefined) {
    throw new StoreFault('What waits to be announced is not an event');
  }
  return { id: entry, orderId, kind, atMs: Number(atMs) };
}
