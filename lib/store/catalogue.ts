import type { Store } from './connection.ts';
import { segmentIn } from './keys.ts';
import { runScript } from './run-script.ts';
import { CATALOGUE } from './scripts.ts';

/** The names of all ended segments, each client's oldest first. One billed command. */
export function endedSegments({ client, keys }: Store): Promise<string[]> {
  return client.repeatedly((redis) => redis.zrange<string[]>(keys.segments, 0, -1));
}

/**
 * Looks whether an ended segment is in the catalogue exactly if it is there, and puts that right if it
 * may repair.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function catalogue(
  { client: redis, keys }: Store,
  name: string,
  isRepair: boolean,
): Promise<'uncatalogued' | 'empty' | 'right'> {
  const { client, segment } = segmentIn(name);
  const [found] = await runScript(redis, {
    script: CATALOGUE,
    keys: [keys.segments, keys.ended(client, segment)],
    args: [name, isRepair ? '1' : '0'],
  });
  return found === 'uncatalogued' || found === 'empty' ? found : 'right';
}
