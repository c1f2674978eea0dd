import type { Store } from './connection.ts';
import type { PlacePage, Position } from './list-places.ts';

/** How many ids of the same millisecond a page can look past. */
const SLACK = 1_000;

/** Newest first, from several sorted sets. */
export async function scored(
  store: Store,
  from: readonly string[],
  position: Position,
  limit: number,
): Promise<PlacePage> {
  const { atMs, id: lastId = '' } = position;
  const count = limit + (atMs === undefined ? 0 : SLACK);
  const pages = await store.client.repeatedly((redis) => {
    const reads = redis.pipeline();
    for (const key of from) {
      reads.zrange(key, atMs ?? '+inf', '-inf', {
        ...{ byScore: true, rev: true, withScores: true, offset: 0 },
        count,
      });
    }
    return reads.exec<(string | number)[][]>();
  });
  // Of one score, Redis gives the greater id first in this direction.
  const isBehind = (entry: Scored) => atMs === undefined || entry.atMs < atMs || entry.id < lastId;
  const behind: Scored[] = [];
  for (const [at, key] of from.entries()) {
    const entries = scoredIn(pages[at] ?? []);
    let some = entries.filter(isBehind);
    if (atMs !== undefined && entries.length === count && some.length < limit) {
      some = (await insideRun(store, key, { atMs, id: lastId }, limit)).filter(isBehind);
    }
    behind.push(...some);
  }
  behind.sort((one, other) => other.atMs - one.atMs || (one.id < other.id ? 1 : -1));
  return {
    candidates: behind
      .slice(0, limit)
      .map((entry) => ({ id: entry.id, end: { ...position, atMs: entry.atMs, id: entry.id } })),
  };
}

interface Scored {
  readonly id: string;
  readonly atMs: number;
}

function scoredIn(page: readonly (string | number)[]): Scored[] {
  return Array.from({ length: page.length / 2 }, (_, at) => ({
    id: String(page[2 * at]),
    atMs: Number(page[2 * at + 1]),
  }));
}

/**
 * What comes after an entry that more have the score of than a page can look past, such as the orders
 * of a drop: found by rank, at about four billed commands. If the entry has left since the page before,
 * its rank is searched for among the others of its score.
 */
async function insideRun(
  { client }: Store,
  key: string,
  last: Scored,
  limit: number,
): Promise<Scored[]> {
  const [rank, before, same] = await client.repeatedly((redis) =>
    redis
      .pipeline()
      .zrevrank(key, last.id)
      .zcount(key, `(${last.atMs}`, '+inf')
      .zcount(key, last.atMs, last.atMs)
      .exec<[number | null, number, number]>(),
  );
  const read = (from: number, to: number) =>
    client.repeatedly((redis) =>
      redis.zrange<(string | number)[]>(key, from, to, { rev: true, withScores: true }),
    );
  let [low, high] = rank === null ? [before, before + same] : [rank, rank];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = scoredIn(await read(middle, middle));
    const isPassed = entry !== undefined && entry.atMs === last.atMs && entry.id > last.id;
    [low, high] = isPassed ? [middle + 1, high] : [low, middle];
  }
  // Others may leave meanwhile, which moves what is behind them up.
  return scoredIn(await read(Math.max(0, low - limit), low + limit));
}
