import type { Store } from '../store/connection.ts';
import { oldestDead, REDRIVE_ORDERS_MAX, type RedriveRequest, redrive } from '../store/redrive.ts';

export interface Redrive extends Pick<RedriveRequest, 'pauseMs' | 'mark'> {
  /** How many orders to put back at most. */
  readonly limit: number;
}

/**
 * Puts the orders back that died first, due one after the other: due orders get at most half of a
 * claim while others wait, so neither does a crowd of them reach the producer at once nor do new
 * orders starve.
 *
 * @returns how many were put back
 */
export async function redriveOldest(
  store: Store,
  { limit, pauseMs, mark }: Redrive,
  nowMs: number,
): Promise<number> {
  const ids = await oldestDead(store, limit);
  let redriven = 0;
  for (let from = 0; from < ids.length; from += REDRIVE_ORDERS_MAX) {
    const some = ids.slice(from, from + REDRIVE_ORDERS_MAX);
    const answers = await redrive(store, { ids: some, pauseMs, mark, nowMs });
    redriven += answers.filter((isRedriven) => isRedriven).length;
  }
  return redriven;
}
