import { expect } from 'vitest';
import { erasedFrom } from '../../lib/store/erased-record.ts';
import { orderFrom } from '../../lib/store/order-record.ts';
import { readStored } from '../../lib/store/read.ts';
import type { TestStore } from './store.ts';

export interface Snapshot {
  /** Everything that is stored, by key without the test's prefix. */
  readonly contents: Readonly<Record<string, unknown>>;
  /** For each id the places that hold it, such as `queue:shop` or `ended:shop:0`. */
  readonly places: ReadonlyMap<string, readonly string[]>;
  /** The ids that are leased. */
  readonly leased: readonly string[];
}

const PLACE = /^order_(queue|pending|dead|ended):/;

/** Reads everything under the test's prefix. */
export async function snapshot({ redis, prefix }: TestStore): Promise<Snapshot> {
  const names = (await redis.keys(`${prefix}*`)).sort();
  const kinds = await pipelined(names, (reads, name) => reads.type(name));
  const values = await pipelined(names, (reads, name, at) => {
    if (kinds[at] === 'list') return reads.lrange(name, 0, -1);
    if (kinds[at] === 'zset') return reads.zrange(name, 0, -1, { withScores: true });
    return kinds[at] === 'hash' ? reads.hgetall(name) : reads.get(name);
  });
  const contents: Record<string, unknown> = {};
  const places = new Map<string, string[]>();
  for (const [at, name] of names.entries()) {
    const key = name.slice(prefix.length);
    contents[key] = values[at];
    if (!PLACE.test(key)) continue;
    const step = kinds[at] === 'zset' ? 2 : 1;
    const ids = (values[at] as string[]).filter((_, n) => n % step === 0);
    for (const id of ids) places.set(id, [...(places.get(id) ?? []), key.slice('order_'.length)]);
  }
  const owners = (contents.order_owners ?? []) as string[];
  return { contents, places, leased: owners.filter((_, n) => n % 2 === 0) };

  async function pipelined(
    keys: readonly string[],
    ask: (reads: ReturnType<typeof redis.pipeline>, key: string, at: number) => unknown,
  ): Promise<unknown[]> {
    if (keys.length === 0) return [];
    const reads = redis.pipeline();
    for (const [at, key] of keys.entries()) ask(reads, key, at);
    return await reads.exec();
  }
}

/** An order's last place; nothing but a redrive, a cancel or retention takes it out of there. */
const isLast = (place: string) => /^(dead|ended):/.test(place);

/** Holds at any moment: no order is in two last places. */
export function expectNoneTwice({ places }: Snapshot): void {
  for (const [id, held] of places) {
    expect(held.filter(isLast).length, `${id} in ${held}`).toBeLessThanOrEqual(1);
  }
}

/** Holds once nothing is under way: each order is in the one place that its state names. */
export async function expectAllInPlace(store: TestStore, ids: readonly string[]): Promise<void> {
  const seen = await snapshot(store);
  expect(seen.leased).toEqual([]);
  const stored = await readStored(store, ids);
  const problems = ids.flatMap((id, at) => {
    const places = seen.places.get(id) ?? [];
    const found = stored[at] ?? { record: null, state: null };
    const order = orderFrom(id, found, 0);
    const isErased = erasedFrom(found.record ?? '') !== undefined;
    const status = isErased ? 'canceled' : order?.status;
    const must = status === undefined ? 'none' : PLACE_OF[status];
    const isRight = places.length === 1 && must === places[0]?.split(':')[0];
    return isRight ? [] : [{ id, status, places }];
  });
  expect(problems).toEqual([]);
}

const PLACE_OF = {
  ...{ queued: 'queue', scheduled: 'pending', producing: 'pending' },
  ...{ dead: 'dead', produced: 'ended', canceled: 'ended' },
} as const;
