import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { erasedFrom, erasedRecord } from './erased-record.ts';
import { headText, type OrderState, orderFrom, stateFrom, stateText } from './order-record.ts';
import { readStored } from './read.ts';
import { reservationsOf, soldOf } from './reservations.ts';
import { runScript } from './run-script.ts';
import { ERASE } from './scripts.ts';

export type EraseAnswer =
  | { readonly kind: 'erased' | 'not-found' }
  /** It is being produced. */
  | { readonly kind: 'refused' };

type Was = 'waiting' | 'leaving' | 'dead' | 'produced' | 'canceled';

/** How often an order may change between reading and erasing it before the caller is told to wait. */
const ROUNDS_MAX = 3;

/**
 * Removes what an order holds. What stays is its id, its client, and how it ended, so that a repeat of
 * its key is recognised. An order that waits or is dead counts as canceled. The next drain has it
 * erased downstream, where the producer can. Asked twice, it answers the same.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function erase(store: Store, id: string, nowMs: number): Promise<EraseAnswer> {
  for (let round = 1; ; round += 1) {
    const [stored = { record: null, state: null }] = await readStored(store, [id]);
    if (stored.record === null) return { kind: 'not-found' };
    if (erasedFrom(stored.record) !== undefined) return { kind: 'erased' };
    const order = orderFrom(id, stored, nowMs);
    if (order === undefined) return { kind: 'not-found' };
    if (order.status === 'producing') return { kind: 'refused' };
    const before = stateFrom(id, stored.state);
    const was = wasOf(before);
    const state: OrderState = {
      status: was === 'produced' ? 'produced' : 'canceled',
      attempts: 0,
      updatedAtMs: nowMs,
      ...(was === 'produced' && { segment: before?.segment ?? 0 }),
      isErased: true,
    };
    const { client } = order;
    const { client: redis, keys } = store;
    const isHeld = was === 'waiting' || was === 'dead';
    const stock = isHeld
      ? reservationsOf(keys, order, stored.record)
      : soldOf(keys, order, before?.sold);
    const [answer] = await runScript(redis, {
      script: ERASE,
      keys: [
        ...[keys.order(id), keys.state(id), keys.owners, keys.clients],
        ...[keys.pending(client), keys.pending(aloneOf(client)), keys.dead(client)],
        ...[keys.ended(client, before?.segment ?? 0), keys.totals, ...stock.keys],
      ],
      args: [
        ...[id, client, headText(id, stored.record), stored.state ?? ''],
        ...[erasedRecord(client, nowMs), stateText(state), String(nowMs), was, aloneOf(client)],
        ...stock.args,
      ],
    });
    if (answer === 'erased') return { kind: 'erased' };
    if (answer === 'producing' || round === ROUNDS_MAX) return { kind: 'refused' };
  }
}

function wasOf(state: OrderState | undefined): Was {
  if (state?.status === 'produced' || state?.status === 'dead') return state.status;
  if (state?.status === 'canceled') return state.segment === undefined ? 'leaving' : 'canceled';
  return 'waiting';
}
