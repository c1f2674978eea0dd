import type { Store } from './connection.ts';
import { runScript } from './run-script.ts';
import { RELEASE } from './scripts.ts';

/** An order with the lease that it is held by. */
export interface Owned {
  readonly id: string;
  /** `<token>:<claims>:<holder>` */
  readonly owner: string;
}

/**
 * Ends leases that a settlement has ended, if it may repair.
 *
 * @returns those that were still there
 * @throws StoreUnavailable, StoreFault
 */
export async function release(
  { client: redis, keys }: Store,
  leases: readonly Owned[],
  isRepair: boolean,
): Promise<Owned[]> {
  if (leases.length === 0) return [];
  const answers = await runScript(redis, {
    script: RELEASE,
    keys: [keys.owners],
    args: [isRepair ? '1' : '0', ...leases.flatMap(({ id, owner }) => [id, owner])],
  });
  return leases.filter((_, at) => answers[at] === 1);
}
