import { aloneOf, PENDING_MAX } from './claim.ts';
import type { Store } from './connection.ts';
import { readyScore, segmentRange } from './keys.ts';
import { runScript } from './run-script.ts';
import { SERVE } from './scripts.ts';

/**
 * Looks whether a drain will look at a client once an order of it is ready, and puts that right if it
 * may repair. A client of whom nothing is kept leaves the list of clients.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function serve(
  { client: redis, keys }: Store,
  name: string,
  { nowMs, isRepair }: { nowMs: number; isRepair: boolean },
): Promise<'unserved' | 'gone' | 'served'> {
  const [found] = await runScript(redis, {
    script: SERVE,
    keys: [
      ...[keys.clients, keys.queue(name), keys.pending(name), keys.dead(name), keys.segments],
      keys.pending(aloneOf(name)),
    ],
    args: [
      ...[name, String(nowMs), String(PENDING_MAX), ...segmentRange(name)],
      ...[isRepair ? '1' : '0', String(readyScore(nowMs))],
    ],
  });
  return found === 'unserved' || found === 'gone' ? found : 'served';
}
