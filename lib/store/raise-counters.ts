import type { Store } from './connection.ts';
import { runScript } from './run-script.ts';
import { RAISE_COUNTERS } from './scripts.ts';

export interface Counters {
  readonly number: number;
  readonly token: number;
}

/**
 * Compares the counters with what orders bear, and raises those that are behind if it may repair.
 *
 * @returns the counters as they were
 * @throws StoreUnavailable, StoreFault
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
