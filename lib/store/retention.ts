import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import { type OrderState, readable, stateFrom } from './order-record.ts';
import { numberedStocks, partsOf } from './reservations.ts';
import { runScript } from './run-script.ts';
import { FORGET } from './scripts.ts';
import { statesOf, withoutRecord } from './upkeep.ts';
import { orderWeight } from './weight.ts';

/** The most orders of one step. */
const FORGET_ORDERS_MAX = 500;

export interface ForgetRequest {
  /** The name of the ended segment. */
  readonly segment: string;
  /** Orders that ended before this go, Unix milliseconds. */
  readonly beforeMs: number;
  /** How many of the oldest are passed over: those that earlier steps have kept. */
  readonly skipped: number;
}

export interface Forgotten {
  /** How many entries of the segment were removed. */
  readonly removed: number;
  /** How many were left, as nothing tells what has become of them. */
  readonly kept: number;
  /** Of the removed ones, those whose record was gone before. */
  readonly lost: readonly string[];
  /** About how many bytes the orders took that were removed. */
  readonly bytes: number;
}

/**
 * Removes orders of one ended segment that ended before a time, oldest first, up to 500. What an order
 * says of itself comes first: where its state names another place, only the entry goes, and where its
 * state is gone, it stays.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function forgetEndedBefore(
  store: Store,
  { segment: name, beforeMs, skipped }: ForgetRequest,
): Promise<Forgotten> {
  const { client, keys } = store;
  const { client: owner, segment } = segmentIn(name);
  const key = keys.ended(owner, segment);
  const ids = await client.repeatedly((redis) =>
    redis.zrange<string[]>(key, '-inf', `(${beforeMs}`, {
      ...{ byScore: true, offset: skipped },
      count: FORGET_ORDERS_MAX,
    }),
  );
  if (ids.length === 0) return { removed: 0, kept: 0, lost: [], bytes: 0 };
  const lost = new Set(await withoutRecord(store, ids));
  const states = await statesOf(store, ids);
  const going = ids.flatMap((id, at) => {
    const state = readable(() => stateFrom(id, states[at] ?? null));
    const kind = state === undefined ? lostKind(lost.has(id)) : kindOf(state, segment);
    // A record that is gone may come back at any moment, by a repeat of its client: it is not deleted.
    const recordKey = lost.has(id) ? keys.state(id) : keys.order(id);
    const sold = kind === 'produced' ? (state?.sold ?? []) : [];
    const bytes = kind === '-' ? 0 : orderWeight(state?.bytes ?? 0, states[at]?.length ?? 0);
    return kind === undefined ? [] : [{ id, kind, sold, bytes, keys: [recordKey, keys.state(id)] }];
  });
  const kept = ids.length - going.length;
  if (going.length === 0) return { removed: 0, kept, lost: [], bytes: 0 };
  let removed = 0;
  for (const part of partsOf(going, (order) => order.sold)) {
    const stocks = numberedStocks();
    const orders = part.flatMap(({ id, kind, sold }) => [id, kind, stocks.textOf(sold)]);
    const [count] = await runScript(client, {
      script: FORGET,
      keys: [
        ...[key, keys.segments, keys.totals, keys.pending(owner), keys.pending(aloneOf(owner))],
        keys.owners,
        ...part.flatMap((order) => order.keys),
        ...stocks.all().map(({ sku }) => keys.stock(sku)),
      ],
      args: [
        ...[name, String(stocks.all().length), ...stocks.all().map(({ epoch }) => epoch)],
        ...orders,
      ],
    });
    removed += Number(count);
  }
  const bytes = going.reduce((sum, order) => sum + order.bytes, 0);
  return { removed, kept, lost: [...lost], bytes };
}

/**
 * Dead orders of one client that died before a time, oldest first, up to 500, after `skipped` of them.
 *
 * @throws StoreUnavailable
 */
export function deadBefore(
  { client: redis, keys }: Store,
  client: string,
  { beforeMs, skipped }: { readonly beforeMs: number; readonly skipped: number },
): Promise<string[]> {
  return redis.repeatedly((sdk) =>
    sdk.zrange<string[]>(keys.dead(client), '-inf', `(${beforeMs}`, {
      ...{ byScore: true, offset: skipped },
      count: FORGET_ORDERS_MAX,
    }),
  );
}

function kindOf(state: OrderState, segment: number): string {
  return state.segment === segment ? state.status : '-';
}

function lostKind(isRecordGone: boolean): string | undefined {
  return isRecordGone ? '' : undefined;
}
