/** How many orders share an ended segment: a sorted set of them stays far below 100 MB. */
const SEGMENT_ORDERS = 100_000;

/** Every key that Sluice uses. They are spelled here and nowhere else. */
export function keysWith(prefix: string) {
  return {
    /** STRING: what the client submitted, JSON. Written once. */
    order: (id: string) => `${prefix}order:${id}`,
    /** What a scan of the database looks for: every key of this prefix. */
    pattern: `${prefix}order*`,
    /** What a key that such a scan has found holds, if it is one of those that are many. */
    parse: (key: string) => parsed(key.slice(prefix.length)),
    /** STRING: what has become of the order, JSON. Absent while it simply waits. */
    state: (id: string) => `${prefix}order_state:${id}`,
    /** ZSET client -> its `readyScore`, else when its next order is due, Unix milliseconds, else `inf`. */
    clients: `${prefix}order_clients`,
    /** LIST of one client's ids that are ready to be produced, the oldest at the tail. */
    queue: (client: string) => `${prefix}order_queue:${client}`,
    /** ZSET id -> dueAtMs of one client's orders that are leased, to be retried, or scheduled. */
    pending: (client: string) => `${prefix}order_pending:${client}`,
    /** ZSET id -> deadAtMs of one client's orders that are not retried by themselves. */
    dead: (client: string) => `${prefix}order_dead:${client}`,
    /** ZSET id -> endedAtMs of one client's produced and canceled orders, one segment of them. */
    ended: (client: string, segment: number) => `${prefix}order_ended:${client}:${segment}`,
    /** ZSET of `segmentName`, all with score 0: which ended segments there are. */
    segments: `${prefix}order_segments`,
    /** STRING `<segment>:<atMs>`: upkeep has checked what had ended by then, up to this segment. */
    checked: `${prefix}order_checked`,
    /** HASH client, or `*` for all -> about how many bytes the orders take. */
    bytes: `${prefix}order_bytes`,
    /** STRING: the report of the last upkeep, JSON. */
    upkeep: `${prefix}order_upkeep`,
    /** HASH id -> who holds each leased order. */
    owners: `${prefix}order_owners`,
    /** STRING: the last fencing token. */
    fence: `${prefix}order_fence`,
    /** STRING: the last order number. */
    number: `${prefix}order_number`,
    /** HASH `produced`, `canceled` -> how many orders have ended like that, and are kept; `leaving`: canceled orders that no drain has moved yet. */
    totals: `${prefix}order_totals`,
    /** STRING: how much there is of a SKU, as `stock-record.ts` has it; absent where it is not tracked. */
    stock: (sku: string) => `${prefix}order_stock:${sku}`,
    /** STRING that expires: the ids of changes of a SKU that was untracked. */
    untracked: (sku: string) => `${prefix}order_untracked:${sku}`,
    /** ZSET of the SKUs that are tracked, all with score 0. */
    skus: `${prefix}order_skus`,
    /** STRING `<units>:<epoch>:<atMs>`: what a customer has of a SKU with a limit. */
    allowance: (digest: string) => `${prefix}order_allowance:${digest}`,
    /** STRING: dueAtMs of the last order that was redriven at a pace. */
    redrive: `${prefix}order_redrive`,
    /** STRINGs below it: what a client has used of its rate limit; they expire. */
    rate: `${prefix}order_rate`,
    /** LIST of `<id>:<kind>:<atMs>` to be announced, the oldest at the tail. */
    events: `${prefix}order_events`,
    /** LIST of `<event>#<tries>` to be announced again, those tried the longest ago at the tail. */
    eventsAgain: `${prefix}order_events_again`,
    /** LIST of events that were set aside, as JSON, the latest at the head. */
    eventsAside: `${prefix}order_events_aside`,
    /** HASH `<minute>:<slot>` -> what a drain did, of one hour of the week, 0 to 167. */
    activity: (hour: number) => `${prefix}order_activity:${hour}`,
    /** STRING that expires: a drain was woken, and will look once more after that. */
    wake: `${prefix}order_wake`,
    /** STRING: the announcer's lock. */
    eventsLock: `${prefix}order_lock:events`,
    /** STRING: the drain lock of a slot. */
    lock: (slot: number) => `${prefix}order_lock:${slot}`,
  };
}

export type Keys = ReturnType<typeof keysWith>;

/** An order's record or its state, a client's waiting or dead orders, an ended segment, stock. */
export type KeyContent =
  | { readonly id: string }
  | { readonly stateOf: string }
  | { readonly client: string }
  | { readonly segment: string }
  | { readonly sku: string }
  | { readonly allowance: string };

function parsed(key: string): KeyContent | undefined {
  const [kind = '', name = '', segment] = key.split(':');
  if (kind === 'order_stock') return { sku: key.slice(kind.length + 1) };
  if (kind === 'order_allowance') return { allowance: name };
  if (kind === 'order') return { id: name };
  if (kind === 'order_state') return { stateOf: name };
  if (/^order_(?:queue|pending|dead)$/.test(kind)) return { client: name };
  if (kind === 'order_ended') return { segment: segmentName(name, Number(segment)) };
  return undefined;
}

/** Ten years: no clock is wrong by more than that. */
const READY_SHIFT_MS = 10 * 365 * 24 * 60 * 60 * 1000;

/**
 * The score in `clients` of a client whose queue is not empty. It grows with time, so that clients
 * are served in turn, and lies in the past of every clock, so that none hides a client that is ready.
 */
export function readyScore(nowMs: number): number {
  return nowMs - READY_SHIFT_MS;
}

/**
 * The same for its unanswered orders: behind every client whose queue is not empty, so that no number of
 * them hides one.
 */
export function aloneReadyScore(nowMs: number): number {
  return nowMs - READY_SHIFT_MS / 2;
}

/**
 * The ended segment of what a claim takes. A token grows by the number of orders that are claimed, so
 * a segment holds about 100,000 of them at most, and nobody has to agree on when the next one begins.
 */
export function segmentOf(token: number): number {
  return Math.floor(token / SEGMENT_ORDERS);
}

/** As `segments` holds it: padded, so that a client's segments sort by age. */
export function segmentName(client: string, segment: number): string {
  return `${client}:${String(segment).padStart(12, '0')}`;
}

/** The names of the first and the last segment that a client could have. */
export function segmentRange(client: string): [string, string] {
  return [segmentName(client, 0), segmentName(client, 999_999_999_999)];
}

/** Undoes `segmentName`. */
export function segmentIn(name: string): { client: string; segment: number } {
  const at = name.lastIndexOf(':');
  return { client: name.slice(0, at), segment: Number(name.slice(at + 1)) };
}
