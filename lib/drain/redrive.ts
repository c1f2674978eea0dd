import type { Store } from '../store/connection.ts';
import { erasedFrom } from '../store/erased-record.ts';
import { orderFrom, readable, type StoredOrder } from '../store/order-record.ts';
import { readStored } from '../store/read.ts';
import {
  oldestDead,
  REDRIVE_ORDERS_MAX,
  type RedriveAnswer,
  type RedriveRequest,
  redrive,
} from '../store/redrive.ts';

export interface Redrive extends Pick<RedriveRequest, 'pauseMs' | 'redriveId'> {
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
  { limit, pauseMs, redriveId }: Redrive,
  nowMs: number,
): Promise<number> {
  const ids = await oldestDead(store, limit);
  let redriven = 0;
  for (let from = 0; from < ids.length; from += REDRIVE_ORDERS_MAX) {
    const some = ids.slice(from, from + REDRIVE_ORDERS_MAX);
    const answers = await redrive(store, { ids: some, pauseMs, redriveId, nowMs });
    redriven += answers.filter((isRedriven) => isRedriven).length;
  }
  return redriven;
}

/**
 * Puts orders back, due one after another, and says why it could not put back each of the others.
 * Five billed commands more than a redrive at most.
 *
 * @param ids  1 to `REDRIVE_ORDERS_MAX`
 */
export async function redriveThese(
  store: Store,
  { ids, ...pace }: Pick<RedriveRequest, 'ids' | 'pauseMs' | 'redriveId'>,
  nowMs: number,
): Promise<RedriveAnswer[]> {
  const different = [...new Set(ids)];
  const isRedriven = await redrive(store, { ids: different, ...pace, nowMs });
  const others = different.filter((_, at) => !isRedriven[at]);
  const stored = await readStored(store, others);
  const answers = new Map(others.map((id, at) => [id, whyNot(id, stored[at], nowMs)]));
  return ids.map((id) => answers.get(id) ?? { kind: 'redriven' });
}

function whyNot(id: string, stored: StoredOrder | undefined, nowMs: number): RedriveAnswer {
  if (stored === undefined || stored.record === null) return { kind: 'not-found' };
  if (erasedFrom(stored.record) !== undefined) return { kind: 'erased' };
  const status = readable(() => orderFrom(id, stored, nowMs)?.status);
  return { kind: 'not-dead', status: status ?? 'unreadable' };
}
