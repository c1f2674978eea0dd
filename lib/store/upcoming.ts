import type { Store } from './connection.ts';
import { valuesOf } from './read.ts';

/** How many orders are read, of how many clients. */
const READ_ORDERS = 4_000;
const READ_CLIENTS = 20;
/** Of how many clients it is counted, minute by minute, how many more there are than were read. */
const COUNTED_CLIENTS = 3;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Orders that become due in the same minute or, after the next hour, in the same hour. */
export interface Due {
  /** When the first of them does, Unix milliseconds. */
  atMs: number;
  /** For the first time. */
  scheduled: number;
  /** After a failed attempt, or as they were redriven at a pace. */
  retries: number;
  /** Of these only the number is known. */
  unread: number;
}

export interface Upcoming {
  /** What becomes due within a day, the soonest first; times at which nothing does are left out. */
  readonly due: readonly Due[];
  /** Orders that become due after that, or that were not looked at. */
  readonly later: number;
}

export interface Waiting {
  /** Who has orders that are not due yet (those to be tried alone among them), and how many. */
  readonly clients: readonly { readonly client: string; readonly orders: number }[];
  /** Of these orders, the ones that are leased: they come back only if their drain dies. */
  readonly leased: number;
}

/**
 * Tells when orders become due that are scheduled, to be retried, or redriven at a pace. It reads the
 * soonest 4,000, of the 20 clients that have most. One billed command for each of these, and two more;
 * where one of the first three has more than its share, up to 84 for each of them.
 *
 * @throws StoreUnavailable
 */
export async function upcomingOrders(
  store: Store,
  { clients, leased }: Waiting,
  nowMs: number,
): Promise<Upcoming> {
  const asked = clients.toSorted((one, other) => other.orders - one.orders).slice(0, READ_CLIENTS);
  if (asked.length === 0) return { due: [], later: 0 };
  const share = Math.floor(READ_ORDERS / asked.length);
  const edgesMs = edgesAfter(nowMs);
  const pages = await readSoonest(store, asked, { nowMs, share });
  const read = pages.flat();
  const [isLeased, isKnown] = await kindsOf(store, read);
  const due = edgesMs.map((): Due => ({ atMs: Infinity, scheduled: 0, retries: 0, unread: 0 }));
  const add = (atMs: number, kind: 'scheduled' | 'retries' | 'unread', orders: number) => {
    const bucket = due[edgesMs.findIndex((edgeMs) => atMs < edgeMs)];
    if (bucket === undefined || orders <= 0) return;
    bucket.atMs = Math.min(bucket.atMs, atMs);
    bucket[kind] += orders;
  };
  for (const { id, atMs } of read) {
    if (!isLeased.has(id)) add(atMs, isKnown.has(id) ? 'retries' : 'scheduled', 1);
  }
  let leasedUnread = leased - isLeased.size;
  const full = asked.flatMap(({ client }, at) => {
    const page = pages[at] ?? [];
    return page.length === share ? [{ client, page }] : [];
  });
  for (const { atMs, orders } of await countRest(store, full.slice(0, COUNTED_CLIENTS), edgesMs)) {
    // Leases end soon, so among what was not read they are the first.
    const other = Math.max(0, orders - leasedUnread);
    leasedUnread -= orders - other;
    add(atMs, 'unread', other);
  }
  const all = clients.reduce((sum, { orders }) => sum + orders, 0) - leased;
  const found = due.filter(({ atMs }) => atMs !== Infinity);
  const told = found.reduce((sum, one) => sum + one.scheduled + one.retries + one.unread, 0);
  return { due: found, later: Math.max(0, all - told) };
}

/** The ends of the minutes of the next hour, and of the hours of the day after that. */
function edgesAfter(nowMs: number): number[] {
  const firstMs = Math.floor(nowMs / MINUTE_MS + 1) * MINUTE_MS;
  const minutes = Array.from({ length: 60 }, (_, at) => firstMs + at * MINUTE_MS);
  const hourMs = Math.floor((minutes.at(-1) ?? 0) / HOUR_MS + 1) * HOUR_MS;
  const hours = Array.from({ length: 24 }, (_, at) => hourMs + at * HOUR_MS);
  return [...minutes, ...hours.filter((edgeMs) => edgeMs <= nowMs + DAY_MS)];
}

interface Pending {
  readonly id: string;
  readonly atMs: number;
}

async function readSoonest(
  { client: redis, keys }: Store,
  asked: Waiting['clients'],
  { nowMs, share }: { readonly nowMs: number; readonly share: number },
): Promise<Pending[][]> {
  const pages = await redis.repeatedly((sdk) => {
    const reads = sdk.pipeline();
    for (const { client } of asked) {
      reads.zrange(keys.pending(client), `(${nowMs}`, nowMs + DAY_MS, {
        ...{ byScore: true, withScores: true, offset: 0, count: share },
      });
    }
    return reads.exec<(string | number)[][]>();
  });
  return pages.map((page) =>
    Array.from({ length: page.length / 2 }, (_, at) => ({
      id: String(page[2 * at]),
      atMs: Number(page[2 * at + 1]),
    })),
  );
}

/** Which orders are leased, and which of the others have a state: one that was never tried has none. */
async function kindsOf(
  store: Store,
  read: readonly Pending[],
): Promise<[isLeased: Set<string>, isKnown: Set<string>]> {
  if (read.length === 0) return [new Set(), new Set()];
  const { client: redis, keys } = store;
  const ids = read.map(({ id }) => id);
  const owners = await redis.repeatedly((sdk) =>
    sdk
      .pipeline()
      .hmget(keys.owners, ...ids)
      .exec<[(string | null)[] | null]>(),
  );
  const isLeased = new Set(ids.filter((_, at) => (owners[0]?.[at] ?? null) !== null));
  const others = ids.filter((id) => !isLeased.has(id));
  const states = await valuesOf(store, others.map(keys.state));
  return [isLeased, new Set(others.filter((_, at) => states[at] !== null))];
}

/** How many more there are until each edge than were read, of clients whose share was too small. */
async function countRest(
  { client: redis, keys }: Store,
  full: readonly { readonly client: string; readonly page: readonly Pending[] }[],
  edgesMs: readonly number[],
): Promise<{ atMs: number; orders: number }[]> {
  const asked = full.flatMap(({ client, page }) => {
    const lastMs = page.at(-1)?.atMs ?? 0;
    const ahead = edgesMs.filter((edgeMs) => edgeMs > lastMs);
    return ahead.map((edgeMs, at) => {
      const read = at === 0 ? page.filter(({ atMs }) => atMs === lastMs).length : 0;
      return { client, fromMs: ahead[at - 1] ?? lastMs, edgeMs, read };
    });
  });
  if (asked.length === 0) return [];
  const counts = await redis.repeatedly((sdk) => {
    const counted = sdk.pipeline();
    for (const { client, fromMs, edgeMs } of asked) {
      counted.zcount(keys.pending(client), fromMs, `(${edgeMs}`);
    }
    return counted.exec<number[]>();
  });
  return asked
    .map(({ fromMs, read }, at) => ({ atMs: fromMs, orders: (counts[at] ?? 0) - read }))
    .sort((one, other) => one.atMs - other.atMs);
}
