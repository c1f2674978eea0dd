import { REDRIVE_ORDERS_MAX, type RedriveRequest, type RedriveStore } from '../queue/store.ts';

export interface Redrive extends Pick<RedriveRequest, 'pauseMs' | 'mark'> {
  /** How many orders to put back at most. */
  readonly limit: number;
}

/**
 * Puts the orders back that died first, due one after the other: claims take due and new orders in
 * turn, so neither does a crowd of them reach the producer at once nor do new ones starve.
 *
 * @returns how many were put back
 */
export async function redriveOldest(
  store: RedriveStore,
  { limit, pauseMs, mark }: Redrive,
  nowMs: number,
): Promise<number> {
  const ids = await store.oldestDead(limit);
  let redriven = 0;
  for (let from = 0; from < ids.length; from += REDRIVE_ORDERS_MAX) {
    const some = ids.slice(from, from + REDRIVE_ORDERS_MAX);
    const answers = await store.redrive({ ids: some, pauseMs, mark, nowMs });
    redriven += answers.filter((isRedriven) => isRedriven).length;
  }
  return redriven;
}
