import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import { readable, stateFrom } from './order-record.ts';
import { runScript } from './run-script.ts';
import { FORGET } from './scripts.ts';

/** The most orders of one step. */
const FORGET_ORDERS_MAX = 500;

/** The names of all ended segments, each client's oldest first. One billed command. */
export function endedSegments({ client, keys }: Store): Promise<string[]> {
  return client.repeatedly((redis) => redis.zrange<string[]>(keys.segments, 0, -1));
}

/**
 * Removes orders of one ended segment that ended before a time, oldest first, up to 500.
 *
 * @returns how many were removed, 0 if there are none that old; `undefined` if the segment holds
 *   nothing: its name, which a step that was cut off has left, goes as well
 * @throws StoreUnavailable, StoreFault
 */
export async function forgetEndedBefore(
  { client, keys }: Store,
  name: string,
  beforeMs: number,
): Promise<number | undefined> {
  const { client: owner, segment } = segmentIn(name);
  const key = keys.ended(owner, segment);
  const options = { byScore: true, offset: 0, count: FORGET_ORDERS_MAX } as const;
  const [ids, isKept] = await client.repeatedly((redis) =>
    redis
      .pipeline()
      .zrange<string[]>(key, '-inf', `(${beforeMs}`, options)
      .exists(key)
      .exec<[string[], number]>(),
  );
  if (isKept === 0) {
    await client.repeatedly((redis) => redis.zrem(keys.segments, name));
    return undefined;
  }
  if (ids.length === 0) return 0;
  const states = await client.repeatedly((redis) =>
    redis.mget<(string | null)[]>(...ids.map(keys.state)),
  );
  const kinds = ids.map(
    (id, at) => readable(() => stateFrom(id, states[at] ?? null))?.status ?? '',
  );
  const [removed] = await runScript(client, {
    script: FORGET,
    keys: [
      ...[key, keys.segments, keys.totals],
      ...ids.flatMap((id) => [keys.order(id), keys.state(id)]),
    ],
    args: [name, ...ids.flatMap((id, at) => [id, kinds[at] ?? ''])],
  });
  return Number(removed);
}
