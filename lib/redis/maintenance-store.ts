import { isOrderId } from '../orders/identity.ts';
import { StoreUnavailable } from '../queue/errors.ts';
import {
  type CounterFinding,
  type EndPlace,
  type Inspection,
  type InspectOptions,
  MAINTAIN_ORDERS_MAX,
  type MaintenanceStore,
  type Observation,
  type Place,
} from '../queue/maintenance-store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { HASH_VERSION } from './order-hash.ts';
import { runRepeatedly } from './run-script.ts';
import { COUNTERS, FORGET, RECONCILE } from './scripts.ts';

/** How many of the newest produced orders show the counters, and how many others. */
const BEARERS = 100;

/**
 * Pages are read by Redis's scans, which find what is there all along. The queue, a list, has none:
 * it is read by position from the head, where what comes in moves the rest on and nothing is
 * skipped; what is claimed leaves at the tail.
 *
 * @param pageSize  about how many ids a page has, 1 to `MAINTAIN_ORDERS_MAX`
 */
export function maintenanceStore(
  client: RedisClient,
  keys: Keys,
  { pageSize = MAINTAIN_ORDERS_MAX }: { readonly pageSize?: number } = {},
): MaintenanceStore {
  const { index, queue, pending, owners, fence, number, dead, finished, canceled } = keys;

  async function scanned(place: Exclude<Place, 'queue'>, cursor: string) {
    const [next, items] = await client.repeatedly((redis) => {
      if (place === 'orders') {
        // Counted in keys of the whole database, whoever they belong to.
        const options = { match: `${keys.orderPrefix}*`, count: MAINTAIN_ORDERS_MAX };
        return redis.scan(cursor || '0', options);
      }
      const options = { count: pageSize };
      if (place === 'owners') return redis.hscan(owners, cursor || '0', options);
      return redis.zscan(keys[place], cursor || '0', options);
    });
    if (!Array.isArray(items)) throw new StoreUnavailable('Redis answered what is no page');
    const ids =
      place === 'orders'
        ? items.map((key) => String(key).slice(keys.orderPrefix.length)).filter(isOrderId)
        : items.filter((_, at) => at % 2 === 0).map(String);
    return { ids, ...(String(next) !== '0' && { cursor: String(next) }) };
  }

  async function queued(cursor: string) {
    const from = Number(cursor);
    const ids = await client.repeatedly((redis) =>
      redis.lrange<string>(queue, from, from + pageSize - 1),
    );
    if (!Array.isArray(ids)) throw new StoreUnavailable('Redis answered what is no page');
    return { ids, ...(ids.length > 0 && { cursor: String(from + ids.length) }) };
  }

  return {
    page: (place, cursor) => (place === 'queue' ? queued(cursor) : scanned(place, cursor)),

    async suspects(ids, place: Place): Promise<string[]> {
      if (ids.length === 0) return [];
      const ends = place === 'queue' ? [dead, finished, canceled] : [];
      const [known = [], ...ended] = await client.repeatedly((redis) => {
        const asked = redis.pipeline();
        for (const key of [index, ...ends]) asked.zmscore(key, [...ids]);
        return asked.exec<(string | null)[][]>();
      });
      return ids.filter((_, at) => known[at] == null || ended.some((scores) => scores[at] != null));
    },

    async inspect(inspections: readonly Inspection[], options: InspectOptions) {
      const answer = (await runRepeatedly(
        client,
        RECONCILE,
        [
          ...[index, pending, owners, dead, finished, canceled],
          ...inspections.map(({ id }) => keys.order(id)),
        ],
        [
          ...[flag(options.isRepair), String(options.nowMs), String(options.leaseEndMs)],
          ...[HASH_VERSION, flag(options.isThorough)],
          ...inspections.flatMap(({ id, sought = '' }) => [id, sought]),
        ],
      )) as [number, Observation['kind'], string][];
      return answer.map(([at, kind, detail]) =>
        observation(inspections[at - 1]?.id ?? '', kind, detail),
      );
    },

    async bearers(): Promise<string[]> {
      const newest = await client.repeatedly((redis) =>
        redis.zrange<string[]>(finished, 0, BEARERS - 1, { rev: true }),
      );
      // The SDK has no method for it.
      const some = await client.repeatedly((redis) =>
        redis.exec<string[]>(['ZRANDMEMBER', finished, BEARERS]),
      );
      return [...new Set([...newest, ...some])];
    },

    async counters(ids, { isRepair }) {
      const answer = await runRepeatedly(
        client,
        COUNTERS,
        [number, fence, ...ids.map((id) => keys.order(id))],
        [flag(isRepair)],
      );
      const [value = 0, borne = 0, token = 0, borneToken = 0] = answer.map(Number);
      const both: CounterFinding[] = [
        { counter: 'number', value, borne },
        { counter: 'fence', value: token, borne: borneToken },
      ];
      return both.filter((counter) => counter.value < counter.borne);
    },

    endedBefore: (place: EndPlace, beforeMs, skip) =>
      client.repeatedly((redis) =>
        redis.zrange<string[]>(keys[place], '-inf', `(${beforeMs}`, {
          byScore: true,
          offset: skip,
          count: pageSize,
        }),
      ),

    async forget(place: EndPlace, ids, beforeMs): Promise<number> {
      const [gone] = await runRepeatedly(
        client,
        FORGET,
        [index, queue, pending, owners, keys[place], ...ids.map((id) => keys.order(id))],
        [place === 'finished' ? 'produced' : 'canceled', String(beforeMs), ...ids],
      );
      return Number(gone);
    },
  };
}

function flag(isSet: boolean): string {
  return isSet ? '1' : '0';
}

function observation(id: string, kind: Observation['kind'], detail: string): Observation {
  if (kind === 'waits') return { id, kind, mark: detail };
  if (kind === 'unknown') return { id, kind };
  return { id, kind, ...(detail !== '' && { acceptedAtMs: Number(detail) }) };
}
