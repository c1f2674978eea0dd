import { idPrefixOf } from '../orders/identity.ts';
import type { Order } from '../orders/order.ts';
import { StoreUnavailable } from '../queue/errors.ts';
import {
  type Counts,
  PAGE_ORDERS_MAX,
  type Page,
  type PageRequest,
  type ReadStore,
} from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import {
  ORDER_FIELDS,
  orderFromValues,
  readable,
  SUMMARY_FIELDS,
  summaryFromValues,
  type Values,
  withOwner,
} from './order-hash.ts';
import { runRepeatedly } from './run-script.ts';
import { COUNTS, PAGE } from './scripts.ts';

/** How many ids a page walks over to find those of one client: a millisecond or two of Redis. */
const WALK_MAX = 5_000;

export function readStore(client: RedisClient, keys: Keys): ReadStore {
  return {
    async read(id: string, nowMs: number): Promise<Order | undefined> {
      // A transaction: between two reads the order could leave its owner and seem to wait again.
      const [values, owner] = await client.repeatedly(async (redis) => {
        const reads = redis
          .multi()
          .hmget(keys.order(id), ...ORDER_FIELDS)
          .hget(keys.owners, id);
        const [values, owner] = (await reads.exec()) as unknown[];
        if (Array.isArray(values)) return [values as Values, owner as string | null] as const;
        throw new StoreUnavailable('Redis answered what is no hash');
      });
      const order = orderFromValues(id, values, nowMs);
      return order && withOwner(order, owner);
    },

    async counts(nowMs: number): Promise<Counts> {
      const { queue, pending, owners, dead, finished, canceled, index } = keys;
      const answer = await runRepeatedly(
        client,
        COUNTS,
        [queue, pending, owners, dead, finished, canceled, index],
        [],
      );
      return countsFrom(answer as (number | string)[], nowMs);
    },

    async page(request: PageRequest): Promise<Page> {
      const { of, ordersMax, after, client: whose, customer, status, nowMs } = request;
      // The script takes an empty one for any; no order has it.
      if (customer === '') return { orders: [] };
      // To find those that match a filter, more are read than are shown.
      const isFiltered = customer !== undefined || status !== undefined;
      const readsMax = isFiltered ? PAGE_ORDERS_MAX : ordersMax;
      const walkMax = whose === undefined ? readsMax : WALK_MAX;
      const [found, atMs, id] = (await runRepeatedly(
        client,
        PAGE,
        [of === 'orders' ? keys.index : keys.dead, keys.owners],
        [
          ...[ordersMax, readsMax, walkMax, after?.atMs ?? ''].map(String),
          ...[after?.id ?? '', whose ?? '', whose === undefined ? '' : idPrefixOf(whose)],
          ...[customer ?? '', status ?? '', String(nowMs), keys.orderPrefix],
          ...SUMMARY_FIELDS,
        ],
      )) as [[string, string, Values][], string, string];
      const orders = found.flatMap(([id, owner, values]) => {
        const order = readable(() => summaryFromValues(id, values, nowMs));
        return order === undefined ? [] : [withOwner(order, owner)];
      });
      return { orders, ...(id !== '' && { end: { atMs: Number(atMs), id } }) };
    },
  };
}

function countsFrom(answer: readonly (number | string)[], nowMs: number): Counts {
  const [queued = 0, waiting = 0, producing = 0, dead = 0, produced = 0, canceled = 0] =
    answer.map(Number);
  const oldest = answer[6];
  const scheduled = Math.max(0, waiting - producing);
  return {
    queued,
    producing,
    scheduled,
    dead,
    produced,
    canceled,
    oldestQueuedAgeMs: oldest === '' ? null : Math.max(0, nowMs - Number(oldest)),
    // Of those that wait for a time, some wait for a retry or are due: they count as queued. And
    // canceled ones leave the queue only when they surface.
    approximate: scheduled > 0 || canceled > 0 ? ['queued', 'scheduled'] : [],
  };
}
