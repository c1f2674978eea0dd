import type { Order } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { type ErasedOrder, erasedFrom } from './erased-record.ts';
import { StoreUnavailable } from './errors.ts';
import { orderFrom, type StoredOrder } from './order-record.ts';

export type FoundOrder =
  | { readonly kind: 'order'; readonly order: Order }
  | ({ readonly kind: 'erased' } & ErasedOrder)
  | { readonly kind: 'none' };

/**
 * The order as it is now, or what stays of it if it was erased. Two billed commands, and no
 * transaction: the owner is read first, so an order that is settled in between is shown as its state
 * has it.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function findOrder(store: Store, id: string, nowMs: number): Promise<FoundOrder> {
  const [stored] = await readStored(store, [id]);
  if (stored === undefined || stored.record === null) return { kind: 'none' };
  const erased = erasedFrom(stored.record);
  if (erased !== undefined) return { kind: 'erased', ...erased };
  const order = orderFrom(id, stored, nowMs);
  return order === undefined ? { kind: 'none' } : { kind: 'order', order };
}

/**
 * What Redis holds of some orders, in their order. Two billed commands, however many they are, unless
 * that is too much for one reply.
 *
 * @throws StoreUnavailable
 */
export function readStored({ client, keys }: Store, ids: readonly string[]) {
  return inHalves(ids, async (some): Promise<StoredOrder[]> => {
    const [owners, values] = await client.repeatedly((redis) =>
      redis
        .pipeline()
        .hmget(keys.owners, ...some)
        .mget(...some.map(keys.state), ...some.map(keys.order))
        .exec<[unknown, unknown]>(),
    );
    return some.map((_, at) => ({
      owner: valueAt(owners, at),
      state: valueAt(values, at),
      record: valueAt(values, some.length + at),
    }));
  });
}

/**
 * As `readStored`, for those who need not ask who holds an order, such as a drain that holds them all.
 * One billed command.
 *
 * @throws StoreUnavailable
 */
export async function readRecords(store: Store, ids: readonly string[]): Promise<StoredOrder[]> {
  const { keys } = store;
  const values = await valuesOf(store, [...ids.map(keys.state), ...ids.map(keys.order)]);
  return ids.map((_, at) => ({
    state: values[at] ?? null,
    record: values[ids.length + at] ?? null,
  }));
}

/**
 * The values of keys that hold strings, `null` where there is none. One billed command, unless that is
 * too much for one reply.
 *
 * @throws StoreUnavailable
 */
export function valuesOf({ client }: Pick<Store, 'client'>, keys: readonly string[]) {
  return inHalves(keys, async (some) => {
    const values = await client.repeatedly((redis) => redis.mget<unknown[]>(...some));
    return some.map((_, at) => valueAt(values, at));
  });
}

/** A reply may have 10 MB. Reading changes nothing, so what is more is read again in halves. */
async function inHalves<Item, Value>(
  items: readonly Item[],
  read: (some: readonly Item[]) => Promise<Value[]>,
): Promise<Value[]> {
  if (items.length === 0) return [];
  try {
    return await read(items);
  } catch (error) {
    if (items.length === 1 || !isTooLarge(error)) throw error;
    const half = Math.ceil(items.length / 2);
    return [
      ...(await inHalves(items.slice(0, half), read)),
      ...(await inHalves(items.slice(half), read)),
    ];
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.kind === 'too-large';
}

function valueAt(values: unknown, at: number): string | null {
  if (values === null) return null;
  if (!Array.isArray(values))
    throw new StoreUnavailable('Unexpected reply from Redis: expected a list');
  return values[at] ?? null;
}
