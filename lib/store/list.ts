import { orderIdOf } from '../orders/identity.ts';
import type { Order } from '../orders/order.ts';
import { clientIn } from './claim.ts';
import type { Store } from './connection.ts';
import { type Candidate, type Position, placeAt } from './list-places.ts';
import { orderFrom, readable, type StoredOrder } from './order-record.ts';
import { readStored } from './read.ts';

/** The most orders of one page, and the most that a request reads to find those that match. */
const PAGE_ORDERS_MAX = 100;
/**
 * A page ends with the order that takes it past this. A Lambda may answer 6 MB, where a text can take
 * twice as many bytes as it does here.
 */
const PAGE_BYTES_MAX = 2.5 * 1024 * 1024;
/** Orders of one request to Redis, so that not much more is read than is shown. */
const READ_ORDERS = 25;
/** With more clients than this, a list over all of them goes through them in groups of this size. */
const GROUP_CLIENTS = 50;

export interface ListRequest {
  readonly of: 'orders' | 'dead-letters';
  /** Only orders of this client; those of all clients if left out. */
  readonly client?: string;
  /** 1 to `PAGE_ORDERS_MAX`. */
  readonly ordersMax: number;
  /** Whether to return an order. Those that are left out are read all the same. */
  readonly matches: (order: Order) => boolean;
  /** Where the page before this one ended. */
  readonly after?: Position | undefined;
  readonly nowMs: number;
}

export interface Page {
  readonly orders: readonly Order[];
  /** How many orders were read. */
  readonly examined: number;
  /** Where the next page begins, if there may be one. */
  readonly end?: Position;
}

/**
 * One page of orders: those in queues, then those that are leased, to be retried or scheduled, then
 * the dead, then those that have ended; in each place the newest first. A page reads a bounded
 * number of orders and bytes, so it may be short or empty and still have an end.
 *
 * @throws StoreUnavailable
 */
export async function listOrders(store: Store, request: ListRequest): Promise<Page> {
  const { client, ordersMax, nowMs, of } = request;
  const clients = client === undefined ? await knownClients(store) : [client];
  const groups = Math.max(1, Math.ceil(clients.length / GROUP_CLIENTS));
  let position: Position | undefined = request.after ?? { place: FIRST[of], group: 0 };
  const orders: Order[] = [];
  let examined = 0;
  let bytes = 0;

  while (position !== undefined) {
    const from = position.group * GROUP_CLIENTS;
    const group = clients.slice(from, from + GROUP_CLIENTS);
    const { candidates, next } = await placeAt(store, group, position, PAGE_ORDERS_MAX - examined);
    for (let at = 0; at < candidates.length; at += READ_ORDERS) {
      const some = candidates.slice(at, at + READ_ORDERS);
      const ids = some.map(({ id }) => id);
      for (const [n, found] of (await readStored(store, ids)).entries()) {
        const { id, end } = some[n] as Candidate;
        const order = readable(() => orderFrom(id, found, nowMs));
        examined += 1;
        bytes += bytesOf(found);
        position = end;
        if (order !== undefined && request.matches(order)) orders.push(order);
        const isFull = orders.length === ordersMax || examined === PAGE_ORDERS_MAX;
        if (isFull || bytes >= PAGE_BYTES_MAX) return { orders, examined, end };
      }
    }
    if (candidates.length === 0) position = next ?? nextPlace(position, of, groups);
  }
  return { orders, examined };
}

function bytesOf({ record, state }: StoredOrder): number {
  return Buffer.byteLength(record ?? '') + Buffer.byteLength(state ?? '');
}

/** Every client of whom anything is kept, by name. */
export function knownClients({ client, keys }: Store): Promise<string[]> {
  return client.repeatedly(async (redis) => {
    const names = await redis.zrange<string[]>(keys.clients, 0, -1);
    return [...new Set(names.map(clientIn))].sort();
  });
}

function nextPlace(
  { place, group }: Position,
  of: ListRequest['of'],
  groups: number,
): Position | undefined {
  const next = of === 'orders' ? NEXT[place] : undefined;
  if (next !== undefined) return { place: next, group };
  return group + 1 < groups ? { place: FIRST[of], group: group + 1 } : undefined;
}

const FIRST = { orders: 'queue', 'dead-letters': 'dead' } as const;
const NEXT = { queue: 'pending', pending: 'dead', dead: 'ended', ended: undefined } as const;

/**
 * The orders of an idempotency key, of one client or of all, by client: an order's id follows from
 * both. Two billed commands, and one more for all clients.
 *
 * @throws StoreUnavailable
 */
export async function findByKey(
  store: Store,
  idempotencyKey: string,
  { client, ordersMax, matches, after, nowMs }: Omit<ListRequest, 'of'>,
): Promise<Page> {
  const clients = client === undefined ? await knownClients(store) : [client];
  // A page asks for one order of each client in a group as large as itself.
  const from = after?.group ?? 0;
  const ids = clients.slice(from, from + ordersMax).map((name) => orderIdOf(name, idempotencyKey));
  const stored = await readStored(store, ids);
  const orders = stored.flatMap((found, at) => {
    const order = readable(() => orderFrom(ids[at] ?? '', found, nowMs));
    return order !== undefined && matches(order) ? [order] : [];
  });
  const examined = stored.filter(({ record }) => record !== null).length;
  const isLast = from + ordersMax >= clients.length;
  return { orders, examined, ...(!isLast && { end: { place: 'queue', group: from + ordersMax } }) };
}
