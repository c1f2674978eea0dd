import type { Lease } from './claim.ts';
import type { Store } from './connection.ts';
import { runScript } from './run-script.ts';
import { EXTEND } from './scripts.ts';

/**
 * Moves the end of leases that are still held.
 *
 * @returns for each lease whether it is held
 * @throws StoreUnavailable, StoreFault
 */
export async function extend(
  { client, keys }: Store,
  leases: readonly Lease[],
  leaseEndMs: number,
): Promise<boolean[]> {
  const from = [...new Set(leases.map((lease) => lease.from))];
  const answer = await runScript(client, {
    script: EXTEND,
    keys: [keys.owners, ...from.map((name) => keys.pending(name))],
    args: [
      String(leaseEndMs),
      ...leases.flatMap((lease) => [lease.id, lease.owner, String(from.indexOf(lease.from) + 1)]),
    ],
  });
  return answer.map((held) => held === 1);
}
