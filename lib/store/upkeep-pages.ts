import { isOrderId } from '../orders/identity.ts';
import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import type { Owned } from './release.ts';

/** Ids of one page: upkeep's requests stay bounded. */
export const UPKEEP_PAGE = 500;
/**
 * Keys of the whole database that one step of a scan looks at; about half of them are records. Redis
 * takes 1 to 2 ms for them.
 */
const SCAN_KEYS = 2_500;

/** A page; `cursor` is left out after the last one. */
export interface UpkeepPage<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string;
}

/**
 * One page of a client's queue, from its head: new ids push the others on, so none is skipped.
 *
 * @param cursor  that of the page before; '' for the first
 */
export async function queuePage(
  { client, keys }: Store,
  name: string,
  cursor: string,
): Promise<UpkeepPage<string>> {
  const from = Number(cursor);
  const items = await client.repeatedly((redis) =>
    redis.lrange<string>(keys.queue(name), from, from + UPKEEP_PAGE - 1),
  );
  const isLast = items.length < UPKEEP_PAGE;
  return { items, ...(!isLast && { cursor: String(from + items.length) }) };
}

/** One page of the ids of a sorted set: one that is there all along is on one of its pages. */
export async function setPage(
  { client }: Store,
  key: string,
  cursor: string,
): Promise<UpkeepPage<string>> {
  const [next, items] = await client.repeatedly((redis) =>
    redis.zscan(key, cursor || '0', { count: UPKEEP_PAGE }),
  );
  return { items: items.filter((_, at) => at % 2 === 0).map(String), ...cursorOf(next) };
}

/** One page of the leases. */
export async function ownersPage(
  { client, keys }: Store,
  cursor: string,
): Promise<UpkeepPage<Owned>> {
  const [next, items] = await client.repeatedly((redis) =>
    redis.hscan(keys.owners, cursor || '0', { count: UPKEEP_PAGE }),
  );
  const owned = items.flatMap((id, at) =>
    at % 2 === 0 ? [{ id: String(id), owner: String(items[at + 1]) }] : [],
  );
  return { items: owned, ...cursorOf(next) };
}

/** One page of an ended segment's orders that ended since a time. */
export async function endedPage(
  { client, keys }: Store,
  name: string,
  sinceMs: number,
  cursor: string,
): Promise<UpkeepPage<string>> {
  const { client: owner, segment } = segmentIn(name);
  const offset = Number(cursor);
  const items = await client.repeatedly((redis) =>
    redis.zrange<string[]>(keys.ended(owner, segment), sinceMs, '+inf', {
      ...{ byScore: true, offset },
      count: UPKEEP_PAGE,
    }),
  );
  const isLast = items.length < UPKEEP_PAGE;
  return { items, ...(!isLast && { cursor: String(offset + items.length) }) };
}

/** What a step of a scan has found. */
export interface Scanned {
  /** Of records. */
  readonly ids: readonly string[];
  /** Of states. */
  readonly stateIds: readonly string[];
  /** Clients of whom orders wait or are dead. */
  readonly clients: readonly string[];
  /** The names of ended segments. */
  readonly segments: readonly string[];
  /** SKUs that have stock. */
  readonly skus: readonly string[];
  /** Digests of what customers have of SKUs with a limit. */
  readonly allowances: readonly string[];
}

/** One page of the keys in the database: a key that is there all along is on one of its pages. */
export async function scanPage(
  { client, keys }: Store,
  cursor: string,
): Promise<UpkeepPage<Scanned>> {
  const options = { match: keys.pattern, count: SCAN_KEYS };
  const [next, found] = await client.repeatedly((redis) => redis.scan(cursor || '0', options));
  const ids: string[] = [];
  const stateIds: string[] = [];
  const clients: string[] = [];
  const segments: string[] = [];
  const skus: string[] = [];
  const allowances: string[] = [];
  for (const content of found.map(keys.parse)) {
    if (content === undefined) continue;
    if ('id' in content) {
      if (isOrderId(content.id)) ids.push(content.id);
    } else if ('stateOf' in content) stateIds.push(content.stateOf);
    else if ('client' in content) clients.push(content.client);
    else if ('sku' in content) skus.push(content.sku);
    else if ('allowance' in content) allowances.push(content.allowance);
    else segments.push(content.segment);
  }
  return { items: [{ ids, stateIds, clients, segments, skus, allowances }], ...cursorOf(next) };
}

function cursorOf(next: unknown): { cursor?: string } {
  return String(next) === '0' ? {} : { cursor: String(next) };
}
