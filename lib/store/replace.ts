import type { Order } from '../orders/order.ts';
import { statusAtIntake } from '../orders/order.ts';
import { contentOf } from '../orders/submission.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import {
  headOf,
  headText,
  type NewOrder,
  type OrderState,
  orderFrom,
  REPLACED_MAX,
  type ReplacedContent,
  recordOf,
  type StoredOrder,
  stateFrom,
} from './order-record.ts';
import { readStored } from './read.ts';
import { runScript } from './run-script.ts';
import { REPLACE } from './scripts.ts';

export interface ReplaceRequest {
  /** With the id of the order that it replaces. */
  readonly order: Omit<NewOrder, 'idempotencyKey' | 'client'>;
  /** Whose order it must be; anybody's if left out. */
  readonly client?: string;
  readonly nowMs: number;
}

export type ReplaceAnswer =
  | { readonly kind: 'replaced'; readonly order: Order }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'erased' }
  /** Production has begun, or it is produced or dead. */
  | { readonly kind: 'refused'; readonly status: string }
  /** The order has been replaced as often as it may be. */
  | { readonly kind: 'too-often' };

/** How often an order may change between reading and replacing it before it counts as producing. */
const ROUNDS_MAX = 3;

/**
 * Gives an order a new content under its old id and key, if it waits or was canceled and its
 * production has never begun. The old content is kept. Asked twice, it answers the same.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function replace(store: Store, request: ReplaceRequest): Promise<ReplaceAnswer> {
  const { order: wanted, client, nowMs } = request;
  for (let round = 1; ; round += 1) {
    const [stored = { record: null, state: null }] = await readStored(store, [wanted.id]);
    const erased = stored.record === null ? undefined : erasedFrom(stored.record);
    if (erased !== undefined) {
      const isTheirs = client === undefined || client === erased.client;
      return isTheirs ? { kind: 'erased' } : { kind: 'not-found' };
    }
    const order = orderFrom(wanted.id, stored, nowMs);
    if (order === undefined || (client !== undefined && order.client !== client)) {
      return { kind: 'not-found' };
    }
    const record = stored.record ?? '';
    if (headOf(order.id, record).fingerprint === wanted.fingerprint) {
      return order.status === 'canceled'
        ? { kind: 'refused', status: 'canceled' }
        : { kind: 'replaced', order };
    }
    const state = stateFrom(order.id, stored.state);
    if (!mayReplace(order)) return { kind: 'refused', status: order.status };
    if ((order.replaced?.length ?? 0) >= REPLACED_MAX) return { kind: 'too-often' };
    const contents = [replacedOf(order, record, nowMs), ...contentsOf(record)];
    const next: NewOrder = {
      ...wanted,
      client: order.client,
      idempotencyKey: order.idempotencyKey,
    };
    const text = recordOf(next, nowMs, contents);
    const [answer] = await send(store, next, { stored, state, text, nowMs });
    if (answer === 'replaced') {
      const replaced = orderFrom(order.id, { record: text, state: null }, nowMs);
      return replaced === undefined ? { kind: 'not-found' } : { kind: 'replaced', order: replaced };
    }
    if (answer === 'producing' || round === ROUNDS_MAX)
      return { kind: 'refused', status: 'producing' };
  }
}

/** Never once production has begun, whatever came of it. */
function mayReplace({ status, attempts, lastError }: Order): boolean {
  const waits = status === 'queued' || status === 'scheduled' || status === 'canceled';
  return waits && attempts === 0 && lastError === undefined;
}

function replacedOf(order: Order, record: string, replacedAtMs: number): ReplacedContent {
  const { fingerprint, acceptedAtMs } = headOf(order.id, record);
  return { fingerprint, acceptedAtMs, replacedAtMs, submission: contentOf(order) };
}

function contentsOf(record: string): readonly ReplacedContent[] {
  return (JSON.parse(record) as { contents?: readonly ReplacedContent[] }).contents ?? [];
}

interface Change {
  readonly stored: StoredOrder;
  readonly state: OrderState | undefined;
  readonly text: string;
  readonly nowMs: number;
}

function send({ client: redis, keys }: Store, order: NewOrder, change: Change) {
  const { id, client, submission } = order;
  const { stored, state, text, nowMs } = change;
  const isScheduled = statusAtIntake(submission, nowMs) === 'scheduled';
  const dueAtMs = isScheduled ? submission.produceAtMs : nowMs;
  const was =
    state?.status !== 'canceled' ? 'waiting' : state.segment === undefined ? 'leaving' : 'ended';
  return runScript(redis, {
    script: REPLACE,
    keys: [
      ...[keys.order(id), keys.state(id), keys.owners, keys.clients],
      ...[keys.pending(client), keys.ended(client, state?.segment ?? 0), keys.totals],
    ],
    args: [
      ...[id, client, headText(id, stored.record ?? ''), stored.state ?? '', text],
      ...[String(dueAtMs), was],
    ],
  });
}
