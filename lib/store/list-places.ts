import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { segmentIn, segmentRange } from './keys.ts';
import { scored } from './list-scored.ts';
import { headOf, readable } from './order-record.ts';
import { valuesOf } from './read.ts';

/** Where a page ended. Its orders may have moved on since; it stays a position. */
export interface Position {
  readonly place: 'queue' | 'pending' | 'dead' | 'ended';
  /** Which group of clients. */
  readonly group: number;
  /** In queues, for each client: how many ids were read from the head, and the last of them. */
  readonly heads?: readonly (readonly [client: string, read: number, lastId: string])[];
  /** In ended segments: which one. */
  readonly segment?: number;
  /** In sorted sets: score and id of the last order that was read. */
  readonly atMs?: number;
  readonly id?: string;
}

/** An order to read, and the position behind it. */
export interface Candidate {
  readonly id: string;
  readonly end: Position;
}

export interface PlacePage {
  /** The next orders of this place, newest first; none if it has no more. */
  readonly candidates: readonly Candidate[];
  /** Where to go on if there are none and this is not the end of the place. */
  readonly next?: Position;
}

/** How many ids pushed since the last page a page can look past. */
const SLACK = 1_000;

/** The next orders at a position, of some clients. */
export function placeAt(
  store: Store,
  clients: readonly string[],
  position: Position,
  limit: number,
): Promise<PlacePage> {
  if (clients.length === 0) return Promise.resolve({ candidates: [] });
  if (position.place === 'queue') return queued(store, clients, position, limit);
  if (position.place === 'ended') return ended(store, clients, position, limit);
  const { keys } = store;
  const from =
    position.place === 'dead'
      ? clients.map(keys.dead)
      : clients.flatMap((client) => [keys.pending(client), keys.pending(aloneOf(client))]);
  return scored(store, from, position, limit);
}

/** Segment by segment, as the number of a segment grows with time for all clients alike. */
async function ended(
  store: Store,
  clients: readonly string[],
  position: Position,
  limit: number,
): Promise<PlacePage> {
  const { keys } = store;
  const names = await segmentNames(store, clients);
  const segments = names
    .map(segmentIn)
    .filter(
      (name) => clients.includes(name.client) && name.segment <= (position.segment ?? Infinity),
    );
  const segment = segments.reduce((latest, name) => Math.max(latest, name.segment), -1);
  if (segments.length === 0) return { candidates: [] };
  const from = segments
    .filter((name) => name.segment === segment)
    .map((name) => keys.ended(name.client, segment));
  const here: Position = segment === position.segment ? position : { ...head(position), segment };
  const { candidates } = await scored(store, from, here, limit);
  return { candidates, next: { ...head(position), segment: segment - 1 } };
}

function head({ place, group }: Position): Position {
  return { place, group };
}

/** The ended segments of one client, or of all. */
function segmentNames({ client, keys }: Store, clients: readonly string[]): Promise<string[]> {
  const [only] = clients;
  if (clients.length !== 1 || only === undefined) {
    return client.repeatedly((redis) => redis.zrange<string[]>(keys.segments, 0, -1));
  }
  const [first, last] = segmentRange(only);
  return client.repeatedly((redis) =>
    redis.zrange<string[]>(keys.segments, `[${first}`, `[${last}`, { byLex: true }),
  );
}

/**
 * From the heads of queues, where new ids push the others on: each client's last id is looked for
 * among those that come next. Of several clients only as much is shown as is known to be newest.
 */
async function queued(
  { client, keys }: Store,
  clients: readonly string[],
  position: Position,
  limit: number,
): Promise<PlacePage> {
  const heads = new Map(
    (position.heads ?? []).map(([name, read, lastId]) => [name, { read, lastId }]),
  );
  const share = Math.max(1, Math.ceil(limit / clients.length));
  const pages = await client.repeatedly((redis) => {
    const reads = redis.pipeline();
    for (const name of clients) {
      const at = heads.get(name);
      const from = at === undefined ? 0 : at.read - 1;
      reads.lrange(keys.queue(name), from, from + share + (at === undefined ? 0 : SLACK) - 1);
    }
    return reads.exec<string[][]>();
  });
  const chunks = clients.map((name, n) => {
    const at = heads.get(name);
    const page = pages[n] ?? [];
    const found = at === undefined ? -1 : page.indexOf(at.lastId);
    const ids = page.slice(found + 1, found + 1 + share);
    const before = at === undefined ? 0 : at.read + (found === -1 ? -1 : found);
    return { name, ids, before, isFull: ids.length === share };
  });
  const all = chunks.flatMap(({ name, ids, before }) =>
    ids.map((id, n) => ({ id, name, read: before + n + 1 })),
  );
  const sorted = clients.length === 1 ? all : await newestFirst({ client, keys }, all, chunks);
  const passed = new Map(heads);
  return {
    candidates: sorted.map(({ id, name, read }) => {
      passed.set(name, { read, lastId: id });
      const list = [...passed].map(([who, at]) => [who, at.read, at.lastId] as const);
      return { id, end: { ...head(position), heads: list } };
    }),
  };
}

interface Queued {
  readonly id: string;
  readonly name: string;
  readonly read: number;
}

/** What of several queues is newer than anything that was not read of them. */
async function newestFirst(
  { client, keys }: Store,
  all: readonly Queued[],
  chunks: readonly { readonly name: string; readonly isFull: boolean }[],
): Promise<Queued[]> {
  if (all.length === 0) return [];
  const records = await valuesOf(
    { client },
    all.map(({ id }) => keys.order(id)),
  );
  let lastMs = Number.POSITIVE_INFINITY;
  let lastName = '';
  const dated = all.map((order, at) => {
    const head = readable(() => headOf(order.id, records[at] ?? ''));
    // A record that cannot be read stays beside its neighbour in the queue.
    if (order.name !== lastName) lastMs = Number.POSITIVE_INFINITY;
    lastName = order.name;
    lastMs = Math.min(lastMs, head?.acceptedAtMs ?? lastMs);
    return { order, atMs: lastMs };
  });
  const horizonMs = Math.max(
    ...chunks
      .filter(({ isFull }) => isFull)
      .map(({ name }) => dated.findLast(({ order }) => order.name === name)?.atMs ?? 0),
  );
  return dated
    .filter(({ atMs }) => atMs >= horizonMs)
    .sort((one, other) => other.atMs - one.atMs)
    .map(({ order }) => order);
}
