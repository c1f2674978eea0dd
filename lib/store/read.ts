import type { Order } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { StoreUnavailable } from './errors.ts';
import { type ErasedOrder, erasedFrom, orderFrom, type StoredOrder } from './order-record.ts';

/**
 * The order as it is now, or what stays of it if it was erased; `undefined` if there is none. Two billed commands, and no transaction:
 * the owner is read first, so an order that is settled in between is shown as its state has it.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function readOrder(
  store: Store,
  id: string,
  nowMs: number,
): Promise<Order | (ErasedOrder & { readonly status: 'erased' }) | undefined> {
  const [stored] = await readStored(store, [id]);
  if (stored === undefined || stored.record === null) return undefined;
  const erased = erasedFrom(stored.record);
  return erased === undefined ? orderFrom(id, stored, nowMs) : { ...erased, status: 'erased' };
}

/**
 * What Redis holds of some orders, in their order. Two billed commands, however many they are.
 * Reading changes nothing, so what is too large for one reply is read again in halves.
 *
 * @throws StoreUnavailable
 */
export async function readStored(store: Store, ids: readonly string[]): Promise<StoredOrder[]> {
  if (ids.length === 0) return [];
  const { client, keys } = store;
  try {
    const [owners, values] = await client.repeatedly((redis) =>
      redis
        .pipeline()
        .hmget(keys.owners, ...ids)
        .mget(...ids.map(keys.state), ...ids.map(keys.order))
        .exec<[unknown, unknown]>(),
    );
    return ids.map((_, at) => ({
      owner: valueAt(owners, at),
      state: valueAt(values, at),
      record: valueAt(values, ids.length + at),
    }));
  } catch (error) {
    if (ids.length === 1 || !isTooLarge(error)) throw error;
    const half = Math.ceil(ids.length / 2);
    return [
      ...(await readStored(store, ids.slice(0, half))),
      ...(await readStored(store, ids.slice(half))),
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
