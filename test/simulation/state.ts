import { aloneOf } from '../../lib/store/claim.ts';
import type { OrderState as Record_ } from '../../lib/store/order-record.ts';
import { type Stock, stockFrom } from '../../lib/store/stock-record.ts';
import { TRACKED_SKUS } from './stock-plan.ts';

/** Everything that the store holds of a run at one moment. */
export interface StoreState {
  readonly fence: number;
  readonly number: number;
  readonly totals: {
    readonly produced: number;
    readonly canceled: number;
    readonly leaving: number;
  };
  /** By slot. */
  readonly locks: readonly LockState[];
  /** When a drain looks at each client next. */
  readonly looks: ReadonlyMap<string, number>;
  /** Ids, the newest first. */
  readonly queues: ReadonlyMap<string, readonly string[]>;
  readonly events: readonly string[];
  readonly orders: ReadonlyMap<string, StoredState>;
  /** Ids in any place that no order of the run has. */
  readonly strangers: readonly string[];
  /** By SKU. */
  readonly stocks: ReadonlyMap<string, StoredStock>;
  /** SKUs that are listed as tracked. */
  readonly skus: readonly string[];
}

export type StoredStock = Stock & { readonly text: string };

export interface LockState {
  readonly token: string | undefined;
  /** Milliseconds; negative where there is no expiry, or where it was told before. */
  readonly expiresInMs: number;
}

/** One place that holds an order's id. */
export interface Place {
  readonly kind: 'queue' | 'pending' | 'dead' | 'ended';
  /** Whose; for `ended`, the name of the segment. */
  readonly of: string;
  /** Unix milliseconds; 0 in a queue. */
  readonly atMs: number;
}

/** Where one order stands. */
export interface StoredState {
  readonly record: string | undefined;
  readonly text: string | undefined;
  /** What `text` says; nothing where the order simply waits. */
  readonly state: Record_ | undefined;
  /** `<token>:<claims>:<holder>`. */
  readonly owner: string | undefined;
  readonly places: readonly Place[];
}

/**
 * All of a run's keys as one JSON text. Redis's own time is not the run's, so a lock's expiry is
 * told once and then taken off; the run counts it in virtual time.
 */
export const LOOK = `
local prefix, clients = ARGV[1], cjson.decode(ARGV[2])
local slots, ids, skus = cjson.decode(ARGV[3]), cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
local function key(name) return prefix .. name end
local seen = { queues = {}, sets = {}, locks = {}, records = {}, states = {}, stocks = {} }
local function set(kind, of, name)
  local entries = redis.call('ZRANGE', key(name), 0, -1, 'WITHSCORES')
  if #entries > 0 then seen.sets[#seen.sets + 1] = { kind, of, entries } end
end
for i, client in ipairs(clients) do
  seen.queues[i] = redis.call('LRANGE', key('order_queue:' .. client), 0, -1)
  set('pending', client, 'order_pending:' .. client)
  set('dead', client, 'order_dead:' .. client)
end
for _, name in ipairs(redis.call('ZRANGE', key('order_segments'), 0, -1)) do
  local client, segment = string.match(name, '^(.*):(%d+)$')
  set('ended', name, string.format('order_ended:%s:%d', client, tonumber(segment)))
end
for i, slot in ipairs(slots) do
  local lock = key('order_lock:' .. slot)
  seen.locks[i] = { redis.call('GET', lock), redis.call('PTTL', lock) }
  redis.call('PERSIST', lock)
end
for i, id in ipairs(ids) do
  seen.records[i] = redis.call('GET', key('order:' .. id))
  seen.states[i] = redis.call('GET', key('order_state:' .. id))
end
for i, sku in ipairs(skus) do
  seen.stocks[i] = redis.call('GET', key('order_stock:' .. sku))
end
seen.skus = redis.call('ZRANGE', key('order_skus'), 0, -1)
seen.owners = redis.call('HGETALL', key('order_owners'))
seen.looks = redis.call('ZRANGE', key('order_clients'), 0, -1, 'WITHSCORES')
seen.events = redis.call('LRANGE', key('order_events'), 0, -1)
seen.counters = redis.call('MGET', key('order_fence'), key('order_number'))
seen.totals = redis.call('HMGET', key('order_totals'), 'produced', 'canceled', 'leaving')
return cjson.encode(seen)`;

/** Lua's encoder makes `{}` of an empty list. */
type Flat = string[] | Record<string, never>;

interface Looked {
  readonly queues: Flat[];
  readonly sets: [Place['kind'], string, string[]][] | Record<string, never>;
  readonly locks: [string | false, number][] | Record<string, never>;
  readonly records: (string | false)[];
  readonly states: (string | false)[];
  readonly stocks: (string | false)[] | Record<string, never>;
  readonly skus: Flat;
  readonly owners: Flat;
  readonly looks: Flat;
  readonly events: Flat;
  readonly counters: (string | false)[];
  readonly totals: (string | false)[];
}

/** @param json  what the look at Redis answered */
export function stateFrom(
  json: string,
  ids: readonly string[],
  clients: readonly string[],
  last?: StoreState,
): StoreState {
  const seen = JSON.parse(json) as Looked;
  const owners = pairsOf(seen.owners);
  const places = new Map<string, Place[]>();
  const put = (id: string, place: Place) => places.set(id, [...(places.get(id) ?? []), place]);
  const queues = new Map(seen.queues.map((queue, at) => [clients[at] as string, listOf(queue)]));
  for (const [of, queue] of queues) for (const id of queue) put(id, { kind: 'queue', of, atMs: 0 });
  for (const [kind, of, entries] of Array.isArray(seen.sets) ? seen.sets : []) {
    for (const [id, atMs] of pairsOf(entries)) put(id, { kind, of, atMs: Number(atMs) });
  }
  const orders = new Map(
    ids.map((id, at): [string, StoredState] => {
      const text = seen.states[at] || undefined;
      const was = last?.orders.get(id);
      const isSame = text === undefined || text === was?.text;
      const state = isSame ? (text === undefined ? undefined : was?.state) : JSON.parse(text);
      const record = seen.records[at] || undefined;
      return [id, { record, text, state, owner: owners.get(id), places: places.get(id) ?? [] }];
    }),
  );
  const [produced = 0, canceled = 0, leaving = 0] = seen.totals.map((total) => Number(total || 0));
  const [fence = 0, number = 0] = seen.counters.map((counter) => Number(counter || 0));
  return {
    ...{ fence, number, queues, orders, totals: { produced, canceled, leaving } },
    locks: (Array.isArray(seen.locks) ? seen.locks : []).map(([token, expiresInMs]) => ({
      token: token || undefined,
      expiresInMs,
    })),
    looks: new Map([...pairsOf(seen.looks)].map(([name, atMs]) => [name, numberOf(atMs)])),
    events: listOf(seen.events),
    stocks: new Map(
      listOf(seen.stocks).flatMap((text, at) =>
        text ? [[TRACKED_SKUS[at] as string, { ...stockFrom(text), text }]] : [],
      ),
    ),
    skus: listOf(seen.skus),
    strangers: [...places.keys(), ...owners.keys()].filter((id) => !orders.has(id)),
  };
}

/** Everybody whose places there may be: the clients of a run, and each once more for its unanswered orders. */
export const CLIENTS: readonly string[] = ['shop', 'mart', 'depot', 'kiosk', 'hostile'].flatMap(
  (client) => [client, aloneOf(client)],
);

function numberOf(score: string): number {
  return score === 'inf' ? Number.POSITIVE_INFINITY : Number(score);
}

function listOf<T>(flat: T[] | Record<string, never>): T[] {
  return Array.isArray(flat) ? flat : [];
}

function pairsOf(flat: Flat): Map<string, string> {
  const list = listOf(flat);
  return new Map(
    Array.from({ length: list.length / 2 }, (_, at) => [
      list[2 * at] as string,
      list[2 * at + 1] as string,
    ]),
  );
}
