import type { Store } from './connection.ts';
import { segmentOf } from './keys.ts';
import { valuesOf } from './read.ts';

/** Ids of one question to a sorted set, and questions of one request. */
const ASKED_IDS = 5_000;
const ASKED_SETS = 50;
/** Clients of one request. */
const SIZES_CLIENTS = 200;

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
export function statesOf(store: Store, ids: readonly string[]): Promise<(string | null)[]> {
  return valuesOf(store, ids.map(store.keys.state));
}

/** Which of some ids are in each of some sorted sets. One billed command for each set. */
export async function membersOf(
  { client }: Store,
  setKeys: readonly string[],
  ids: readonly string[],
): Promise<Set<string>[]> {
  if (setKeys.length === 0 || ids.length === 0) return setKeys.map(() => new Set());
  const answers = await client.repeatedly((redis) => {
    const asked = redis.pipeline();
    for (const key of setKeys) asked.zmscore(key, [...ids]);
    return asked.exec<((number | string | null)[] | null)[]>();
  });
  return answers.map((scores) => new Set(ids.filter((_, at) => (scores?.[at] ?? null) !== null)));
}

/** Those ids that are not in the sorted sets that they are asked of. One billed command for each 5,000. */
export async function missingFrom(
  { client }: Store,
  sets: readonly { readonly key: string; readonly ids: readonly string[] }[],
): Promise<string[]> {
  const asked = sets.flatMap(({ key, ids }) =>
    Array.from({ length: Math.ceil(ids.length / ASKED_IDS) }, (_, at) => ({
      key,
      ids: ids.slice(at * ASKED_IDS, (at + 1) * ASKED_IDS),
    })),
  );
  const missing: string[] = [];
  for (let at = 0; at < asked.length; at += ASKED_SETS) {
    const some = asked.slice(at, at + ASKED_SETS);
    const answers = await client.repeatedly((redis) => {
      const questions = redis.pipeline();
      for (const { key, ids } of some) questions.zmscore(key, [...ids]);
      return questions.exec<((number | string | null)[] | null)[]>();
    });
    for (const [n, { ids }] of some.entries()) {
      missing.push(...ids.filter((_, i) => (answers[n]?.[i] ?? null) === null));
    }
  }
  return missing;
}

/** What is kept of one client. */
export interface Size {
  readonly name: string;
  readonly queued: number;
  readonly pending: number;
  readonly dead: number;
}

/** How much waits of each of some clients, and how much is dead. Three billed commands for each. */
export async function sizesOf({ client, keys }: Store, names: readonly string[]): Promise<Size[]> {
  const sizes: Size[] = [];
  for (let at = 0; at < names.length; at += SIZES_CLIENTS) {
    const some = names.slice(at, at + SIZES_CLIENTS);
    const answers = await client.repeatedly((redis) => {
      const asked = redis.pipeline();
      for (const name of some) {
        asked.llen(keys.queue(name)).zcard(keys.pending(name)).zcard(keys.dead(name));
      }
      return asked.exec<number[]>();
    });
    for (const [n, name] of some.entries()) {
      const [queued = 0, pending = 0, dead = 0] = answers.slice(3 * n, 3 * n + 3);
      sizes.push({ name, queued, pending, dead });
    }
  }
  return sizes;
}

export interface DoubtRequest {
  readonly names: readonly string[];
  /** Those of whom ended orders are kept. */
  readonly keeping: ReadonlySet<string>;
  readonly nowMs: number;
}

/**
 * Those of some clients at whom no drain seems to look in time, or of whom nothing seems to be kept:
 * it is asked at different times, so `serve` must decide. One billed command, and three for each.
 */
export async function doubtfulClients(
  store: Store,
  { names, keeping, nowMs }: DoubtRequest,
): Promise<string[]> {
  const looks = await nextLooks(store);
  const doubtful: string[] = [];
  for (let at = 0; at < names.length; at += SIZES_CLIENTS) {
    const some = names.slice(at, at + SIZES_CLIENTS);
    const answers = await store.client.repeatedly((redis) => {
      const asked = redis.pipeline();
      for (const name of some) {
        asked.llen(store.keys.queue(name)).exists(store.keys.dead(name));
        asked.zrange(store.keys.pending(name), 0, 0, { withScores: true });
      }
      return asked.exec<unknown[]>();
    });
    for (const [n, name] of some.entries()) {
      const [queued, dead, first] = answers.slice(3 * n, 3 * n + 3);
      const dueAtMs = Number((first as unknown[])[1] ?? Number.POSITIVE_INFINITY);
      const nextMs = queued === 0 ? Math.max(dueAtMs, nowMs) : nowMs;
      const look = looks.get(name);
      const isIdle = nextMs === Number.POSITIVE_INFINITY && dead === 0 && !keeping.has(name);
      if (look === undefined || look > nextMs || isIdle) doubtful.push(name);
    }
  }
  return doubtful;
}

/** When a drain looks at each client next, Unix milliseconds. */
async function nextLooks({ client, keys }: Store): Promise<Map<string, number>> {
  const entries = await client.repeatedly((redis) =>
    redis.zrange<(string | number)[]>(keys.clients, 0, -1, { withScores: true }),
  );
  const looks = new Map<string, number>();
  for (let at = 0; at < entries.length; at += 2) {
    const score = String(entries[at + 1]);
    looks.set(String(entries[at]), /inf/i.test(score) ? Number.POSITIVE_INFINITY : Number(score));
  }
  return looks;
}

/** How far ended orders have been checked: from this segment on, those that ended since. */
export interface Checked {
  readonly segment: number;
  readonly atMs: number;
}

/** What has been checked, and the segment that is open now. One billed command. */
export async function checkedUntil(
  store: Store,
): Promise<{ checked: Checked; openSegment: number }> {
  const { keys } = store;
  const [checked, token] = await valuesOf(store, [keys.checked, keys.fence]);
  const [, segment = 0, atMs = 0] = /^(\d+):(\d+)$/.exec(checked ?? '') ?? [];
  const openSegment = segmentOf(Number(token ?? 0));
  // A fence that was lost begins at the first segment again.
  return {
    checked: { segment: Math.min(Number(segment), openSegment), atMs: Number(atMs) },
    openSegment,
  };
}

export async function setChecked(
  { client, keys }: Store,
  { segment, atMs }: Checked,
): Promise<void> {
  await client.repeatedly((redis) => redis.set(keys.checked, `${segment}:${atMs}`));
}
