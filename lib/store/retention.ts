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
 * @returns how many were removed; 0 if there are none
 * @throws StoreUnavailable, StoreFault
 */
export async function forgetEndedBefore(
  { client, keys }: Store,
  name: string,
  beforeMs: number,
): Promise<number> {
  const { client: owner, segment } = segmentIn(name);
  const key = keys.ended(owner, segment);
  const ids = await client.repeatedly((redis) =>
    redis.zrange<string[]>(key, '-inf', `(${beforeMs}`, {
      ...{ byScore: true, offset: 0 },
      count: FORGET_ORDERS_MAX,
    }),
  );
  if (ids.length === 0) return 0;
  const states = await client.repeatedly((redis) =>
    redis.mget<(string | null)[]>(...ids.map(keys.state)),
  );
  const kinds = ids.map((id, at) => {
    const state = readable(() => stateFrom(id, states[at] ?? null));
    return state?.segment === segment ? state.status : '';
  });
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
