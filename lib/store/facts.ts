import type { Order } from '../orders/order.ts';
import { type DrainRecord, drainsBetween } from './activity.ts';
import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import { type OrderState, orderFrom, stateFrom } from './order-record.ts';
import { type Pause, pauseIn } from './pause.ts';
import { valuesOf } from './read.ts';

/** How far from its tail a queue is searched: Redis takes about a millisecond for it. */
const SEARCHED_MAX = 50_000;
/** How many of a client's newest dead orders are compared with one. */
const COMPARED_MAX = 100;
/** How far back drains are looked at. */
const DRAINS_MS = 15 * 60_000;

/** What Redis knows about why an order is where it is. Times are Unix milliseconds. */
export type OrderFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'erased'; readonly client: string }
  /** It has no record, but a state or a lease. */
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'order';
      readonly order: Order;
      readonly state: OrderState | undefined;
      readonly owner: string | undefined;
      readonly place: Place;
      readonly drains: readonly DrainRecord[];
      readonly lastSeenMs: number | undefined;
      readonly pause: Pause | undefined;
    };

export interface Place {
  /** When it is due, or when its lease ends; `undefined` if it is not pending. */
  readonly pendingAtMs?: number;
  readonly deadAtMs?: number;
  /** Whether the ended segment that its state names has it. */
  readonly isAmongEnded?: boolean;
  /** How many of its client's orders are before it in the queue; `unknown` where it is too long. */
  readonly before?: number | 'unknown';
  /** How many of its client's orders wait in the queue. */
  readonly depth?: number;
  /** Why the newest dead orders of its client died, itself left out. */
  readonly otherReasons?: readonly string[];
}

/**
 * Gathers the facts about one order: two billed commands, and seven for one that waits, three for one
 * that is dead, one for one that has ended.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function factsOf(store: Store, id: string, nowMs: number): Promise<OrderFacts> {
  const { client: redis, keys } = store;
  const [owned, values] = await redis.repeatedly((sdk) =>
    sdk
      .pipeline()
      .hget(keys.owners, id)
      .mget(keys.state(id), keys.order(id), keys.lock(0))
      .exec<[string | null, (string | null)[]]>(),
  );
  const [text = null, record = null, lock] = values;
  const owner = owned ?? undefined;
  if (record === null) return { kind: text === null && owner === undefined ? 'none' : 'lost' };
  const erased = erasedFrom(record);
  if (erased !== undefined) return { kind: 'erased', client: erased.client };
  const order = orderFrom(id, { record, state: text, owner: owner ?? null }, nowMs) as Order;
  const state = stateFrom(id, text);
  const found = { kind: 'order', order, state, owner, pause: pauseIn(lock) } as const;
  const isOver = order.status === 'produced' || order.status === 'canceled';
  if (isOver || order.status === 'dead') {
    const place = isOver ? await ended(store, order, state) : await dead(store, order);
    return { ...found, place, drains: [], lastSeenMs: undefined };
  }
  const [place, { drains, idleMs }] = await Promise.all([
    waiting(store, order),
    drainsBetween(store, nowMs - DRAINS_MS, nowMs + 1),
  ]);
  const lastSeenMs = Math.max(0, idleMs.at(-1) ?? 0, ...drains.map(({ endMs }) => endMs));
  return { ...found, place, drains, lastSeenMs: lastSeenMs || undefined };
}

async function waiting({ client: redis, keys }: Store, { id, client }: Order): Promise<Place> {
  const [own, alone, at, depth] = await redis.repeatedly((sdk) =>
    sdk
      .pipeline()
      .zscore(keys.pending(client), id)
      .zscore(keys.pending(aloneOf(client)), id)
      .lpos(keys.queue(client), id, { rank: -1, maxLen: SEARCHED_MAX })
      .llen(keys.queue(client))
      .exec<[unknown, unknown, number | null, number]>(),
  );
  const score = own ?? alone;
  const isFarBack = at === null && depth > SEARCHED_MAX && score === null;
  return {
    depth,
    ...(score !== null && { pendingAtMs: Number(score) }),
    ...(at !== null && { before: depth - 1 - at }),
    ...(isFarBack && { before: 'unknown' }),
  };
}

async function dead(store: Store, { id, client }: Order): Promise<Place> {
  const { client: redis, keys } = store;
  const [score, newest] = await redis.repeatedly((sdk) =>
    sdk
      .pipeline()
      .zscore(keys.dead(client), id)
      .zrange(keys.dead(client), 0, COMPARED_MAX, { rev: true })
      .exec<[unknown, string[]]>(),
  );
  const others = newest.filter((other) => other !== id).slice(0, COMPARED_MAX);
  const states = await valuesOf(store, others.map(keys.state));
  const otherReasons = states.flatMap((text, at) => {
    const reason = stateFrom(others[at] ?? '', text)?.lastError?.reason;
    return reason === undefined ? [] : [reason];
  });
  return { otherReasons, ...(score !== null && { deadAtMs: Number(score) }) };
}

async function ended(
  { client: redis, keys }: Store,
  { id, client }: Order,
  state: OrderState | undefined,
): Promise<Place> {
  const { segment } = state ?? {};
  // A canceled order waits for the next drain to move it.
  if (segment === undefined) return { isAmongEnded: true };
  const score = await redis.repeatedly((sdk) => sdk.zscore(keys.ended(client, segment), id));
  return { isAmongEnded: score !== null };
}
