import { isOrderId } from '../orders/identity.ts';
import { ALONE } from './claim.ts';
import type { Store } from './connection.ts';
import { readyScore, segmentOf } from './keys.ts';
import { runScript } from './run-script.ts';
import { RAISE_COUNTERS, RESTORE } from './scripts.ts';

/** Ids of one page: upkeep's requests stay bounded. */
export const UPKEEP_PAGE = 500;
/** Keys of the whole database that one step of a scan looks at; about half of them are records. */
const SCAN_KEYS = 2_000;

/** A page of ids; `cursor` is left out after the last one. */
export interface IdPage {
  readonly ids: readonly string[];
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
): Promise<IdPage> {
  const from = Number(cursor);
  const ids = await client.repeatedly((redis) =>
    redis.lrange<string>(keys.queue(name), from, from + UPKEEP_PAGE - 1),
  );
  return { ids, ...(ids.length > 0 && { cursor: String(from + ids.length) }) };
}

/** One page of a sorted set or a hash: an id that is there all along is on one of its pages. */
export async function scanPage(
  { client }: Store,
  kind: 'zset' | 'hash',
  key: string,
  cursor: string,
): Promise<IdPage> {
  const options = { count: UPKEEP_PAGE };
  const [next, items] = await client.repeatedly((redis) =>
    kind === 'zset'
      ? redis.zscan(key, cursor || '0', options)
      : redis.hscan(key, cursor || '0', options),
  );
  const ids = items.filter((_, at) => at % 2 === 0).map(String);
  return { ids, ...(String(next) !== '0' && { cursor: String(next) }) };
}

/** One page of the records in the database, whoever has their ids. */
export async function recordsPage({ client, keys }: Store, cursor: string): Promise<IdPage> {
  const options = { match: `${keys.orderPrefix}*`, count: SCAN_KEYS };
  const [next, found] = await client.repeatedly((redis) => redis.scan(cursor || '0', options));
  const ids = found.map((key) => key.slice(keys.orderPrefix.length)).filter(isOrderId);
  return { ids, ...(String(next) !== '0' && { cursor: String(next) }) };
}

/** Those ids that have no record. One billed command if they all have one. */
export async function withoutRecord(
  { client, keys }: Store,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const recordKeys = ids.map(keys.order);
  const count = await client.repeatedly((redis) => redis.exists(...recordKeys));
  if (count === ids.length) return [];
  const each = await client.repeatedly((redis) => {
    const asked = redis.pipeline();
    for (const key of recordKeys) asked.exists(key);
    return asked.exec<number[]>();
  });
  return ids.filter((_, at) => each[at] === 0);
}

/** The state records of orders, as they are stored. One billed command. */
export async function statesOf(
  { client, keys }: Store,
  ids: readonly string[],
): Promise<(string | null)[]> {
  if (ids.length === 0) return [];
  return await client.repeatedly((redis) => redis.mget<(string | null)[]>(...ids.map(keys.state)));
}

/** Whether an order is leased, and whether it is pending or dead. Four billed commands. */
export async function whereIs({ client, keys }: Store, id: string, name: string) {
  const [owner, pending, alone, dead] = await client.repeatedly((redis) =>
    redis
      .pipeline()
      .hget<string>(keys.owners, id)
      .zscore(keys.pending(name), id)
      .zscore(keys.pending(ALONE), id)
      .zscore(keys.dead(name), id)
      .exec(),
  );
  return {
    isLeased: owner !== null,
    isPending: pending !== null || alone !== null,
    isDead: dead !== null,
  };
}

export interface RestoreRequest {
  readonly id: string;
  readonly client: string;
  /** The state record that was read. */
  readonly expected: string | null;
  readonly dueAtMs: number;
}

/**
 * Makes an order due that nothing would ever claim. The drain that claims it moves it to where its
 * state says that it belongs.
 *
 * @returns whether it is due now; not if its state has changed since it was read
 */
export async function restore({ client, keys }: Store, request: RestoreRequest): Promise<boolean> {
  const { id, client: name, expected, dueAtMs } = request;
  const [isRestored] = await runScript(client, {
    script: RESTORE,
    keys: [keys.state(id), keys.pending(name), keys.dead(name), keys.clients],
    args: [id, name, expected ?? '', String(dueAtMs)],
  });
  return isRestored === 1;
}

/** Has a drain look at a client now. */
export async function lookNow({ client, keys }: Store, name: string, nowMs: number): Promise<void> {
  await client.repeatedly((redis) =>
    redis.zadd(keys.clients, { lt: true }, { score: readyScore(nowMs), member: name }),
  );
}

/** Orders may have become ready while a pass asks, by the clock of another machine. */
const LOOK_SLACK_MS = 60_000;

/** When a drain looks at each client next, and whether anything of it is ready. */
export async function looks({ client, keys }: Store, nowMs: number) {
  const entries = await client.repeatedly((redis) =>
    redis.zrange<(string | number)[]>(keys.clients, 0, -1, { withScores: true }),
  );
  const names = entries.filter((_, at) => at % 2 === 0).map(String);
  if (names.length === 0) return [];
  const answers = await client.repeatedly((redis) => {
    const asked = redis.pipeline();
    for (const name of names) {
      asked.llen(keys.queue(name)).zcount(keys.pending(name), '-inf', nowMs);
    }
    return asked.exec<number[]>();
  });
  return names.map((name, at) => ({
    name,
    isReady: (answers[2 * at] ?? 0) > 0 || (answers[2 * at + 1] ?? 0) > 0,
    isLookedAt: Number(entries[2 * at + 1]) <= nowMs + LOOK_SLACK_MS,
  }));
}

/** Whether something of a client is ready and no drain looks at it, in one look at both. */
export async function isUnserved(
  { client, keys }: Store,
  name: string,
  nowMs: number,
): Promise<boolean> {
  const [look, queued, due] = await client.repeatedly((redis) =>
    redis
      .multi()
      .zscore(keys.clients, name)
      .llen(keys.queue(name))
      .zcount(keys.pending(name), '-inf', nowMs)
      .exec<[string | number | null, number, number]>(),
  );
  return queued + due > 0 && !(look !== null && Number(look) <= nowMs + LOOK_SLACK_MS);
}

export interface Counters {
  readonly number: number;
  readonly token: number;
}

/**
 * Compares the counters with what orders bear, and raises those that are behind if it may.
 *
 * @returns the counters as they were
 */
export async function raiseCounters(
  { client, keys }: Store,
  borne: Counters,
  isRepair: boolean,
): Promise<Counters> {
  const [number, token] = await runScript(client, {
    script: RAISE_COUNTERS,
    keys: [keys.number, keys.fence],
    args: [String(borne.number), String(borne.token), isRepair ? '1' : '0'],
  });
  return { number: Number(number), token: Number(token) };
}

/** The last closed segment that was checked, and the one that is open; -1 if none was checked. */
export async function segmentProgress({ client, keys }: Store) {
  const [checked, token] = await client.repeatedly((redis) =>
    redis.mget<(string | null)[]>(keys.checkedSegment, keys.fence),
  );
  return { checked: Number(checked ?? -1), open: segmentOf(Number(token ?? 0)) };
}

export async function setCheckedSegment({ client, keys }: Store, segment: number): Promise<void> {
  await client.repeatedly((redis) => redis.set(keys.checkedSegment, String(segment)));
}
