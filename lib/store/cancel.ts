import type { Order } from '../orders/order.ts';
import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import { headText, type OrderState, orderFrom, stateFrom, stateText } from './order-record.ts';
import { readStored } from './read.ts';
import { reservationsOf } from './reservations.ts';
import { runScript } from './run-script.ts';
import { CANCEL } from './scripts.ts';

export interface CancelRequest {
  readonly id: string;
  /** Whose order it must be; anybody's, also a dead one, if left out. */
  readonly client?: string;
  readonly nowMs: number;
}

export type CancelAnswer =
  | { readonly kind: 'canceled'; readonly order: Order }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'erased' }
  /** Too late: it is producing, produced or dead. */
  | { readonly kind: 'refused'; readonly status: string };

/** How often an order may change between reading and canceling it before the caller is told to wait. */
const ROUNDS_MAX = 3;

/**
 * Cancels an order that has not begun to be produced; for an admin also a dead one. Asked twice, it
 * answers the same.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function cancel(store: Store, request: CancelRequest): Promise<CancelAnswer> {
  const { id, client, nowMs } = request;
  for (let round = 1; ; round += 1) {
    const [stored = { record: null, state: null }] = await readStored(store, [id]);
    const erased = stored.record === null ? undefined : erasedFrom(stored.record);
    if (erased !== undefined) {
      const isTheirs = client === undefined || client === erased.client;
      return isTheirs ? { kind: 'erased' } : { kind: 'not-found' };
    }
    const order = orderFrom(id, stored, nowMs);
    if (order === undefined || (client !== undefined && order.client !== client)) {
      return { kind: 'not-found' };
    }
    if (order.status === 'canceled') return { kind: 'canceled', order };
    const isDead = order.status === 'dead' && client === undefined;
    if (order.status !== 'queued' && order.status !== 'scheduled' && !isDead) {
      return { kind: 'refused', status: order.status };
    }
    const state: OrderState = {
      ...stateFrom(id, stored.state),
      status: 'canceled',
      attempts: order.attempts,
      updatedAtMs: nowMs,
    };
    const change = { expected: stored.state ?? '', state, isDead, record: stored.record ?? '' };
    const [answer] = await send(store, order, change);
    if (answer === 'canceled') {
      const { nextAttemptAtMs: _, ...rest } = order;
      return { kind: 'canceled', order: { ...rest, status: 'canceled', updatedAtMs: nowMs } };
    }
    if (answer === 'producing' || round === ROUNDS_MAX) {
      return { kind: 'refused', status: 'producing' };
    }
  }
}

interface Change {
  readonly expected: string;
  readonly state: OrderState;
  readonly isDead: boolean;
  readonly record: string;
}

function send({ client: redis, keys }: Store, order: Order, change: Change) {
  const { id, client } = order;
  const { expected, state, isDead, record } = change;
  const reserved = reservationsOf(keys, order, record);
  return runScript(redis, {
    script: CANCEL,
    keys: [
      ...[keys.state(id), keys.owners, keys.pending(client), keys.pending(aloneOf(client))],
      ...[keys.dead(client), keys.clients, keys.totals, keys.order(id), ...reserved.keys],
    ],
    args: [
      ...[id, expected, stateText(state), String(state.updatedAtMs)],
      ...[client, aloneOf(client), isDead ? '1' : '0', headText(id, record), ...reserved.args],
    ],
  });
}
