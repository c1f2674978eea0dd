import { submissionFrom, withContent } from '../orders/content.ts';
import type { Order } from '../orders/order.ts';
import { statusAtIntake } from '../orders/order.ts';
import type { Submission } from '../orders/submission.ts';
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
import { allowanceOf, reservationsIn, unitsOf } from './stock-record.ts';
import { type NoStock, noStockFrom } from './submit-stock.ts';

export interface ReplaceRequest {
  /** With the id of the order that it replaces. */
  readonly order: Pick<NewOrder, 'id' | 'submission'>;
  /** Whose order it must be; anybody's if left out. */
  readonly client?: string;
  readonly nowMs: number;
  /** Whether the new content reserves what it wants of tracked SKUs. */
  readonly hasStock?: boolean;
}

export type ReplaceAnswer =
  /** `addedBytes`: how much larger its record is now; 0 for a repeat. */
  | { readonly kind: 'replaced'; readonly order: Order; readonly addedBytes: number }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'erased' }
  /** Production has begun, or it is produced or dead. */
  | { readonly kind: 'refused'; readonly status: string }
  /** The order has been replaced as often as it may be. */
  | { readonly kind: 'too-often' }
  /** It stays as it is: the new content wants more of some SKUs than there is. */
  | NoStock;

/** How often an order may change between reading and replacing it before it counts as producing. */
const ROUNDS_MAX = 3;

/**
 * Gives an order a new content under its old id and key, if it waits or was canceled and its
 * production has never begun. The old content is kept. Asked twice, it answers the same.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function replace(store: Store, request: ReplaceRequest): Promise<ReplaceAnswer> {
  const { client, nowMs, hasStock = false } = request;
  const wanted = { id: request.order.id, ...withContent(request.order.submission) };
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
        : { kind: 'replaced', order, addedBytes: 0 };
    }
    const state = stateFrom(order.id, stored.state);
    if (!mayReplace(order)) return { kind: 'refused', status: order.status };
    if ((order.replaced?.length ?? 0) >= REPLACED_MAX) return { kind: 'too-often' };
    const contents = contentsOf(order.id, record, nowMs);
    const next: NewOrder = {
      ...wanted,
      client: order.client,
      idempotencyKey: order.idempotencyKey,
    };
    const text = recordOf(next, nowMs, contents);
    const stock = stockOf(order, next, { record, hasStock });
    const [answer] = await send(store, next, { stored, state, text, nowMs, stock });
    if (String(answer).startsWith('o')) return noStockFrom(String(answer), stock.skus);
    if (answer === 'replaced') {
      const replaced = orderFrom(order.id, { record: text, state: null }, nowMs);
      if (replaced === undefined) return { kind: 'not-found' };
      const addedBytes = Buffer.byteLength(text) - Buffer.byteLength(record);
      return { kind: 'replaced', order: replaced, addedBytes };
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

/** What a record held before it is replaced, the latest first. */
function contentsOf(id: string, record: string, replacedAtMs: number): ReplacedContent[] {
  const { fingerprint, acceptedAtMs } = headOf(id, record);
  const { content, contents = [] } = JSON.parse(record) as {
    readonly content: unknown;
    readonly contents?: readonly ReplacedContent[];
  };
  // `orderFrom` has read it.
  const submission = submissionFrom(content) as Submission;
  return [{ fingerprint, acceptedAtMs, replacedAtMs, submission }, ...contents];
}

/** The SKUs of an order's old and new content, and their customers' allowances, numbered from 1 on. */
interface ChangedStock {
  readonly skus: readonly string[];
  readonly allowances: readonly string[];
  readonly wants: string;
  /** What the old content has reserved, as the script reads it. */
  readonly reserved: readonly string[];
}

function stockOf(
  old: Order,
  { client, submission }: NewOrder,
  { record, hasStock }: { record: string; hasStock: boolean },
): ChangedStock {
  const [skus, allowances] = [new Map<string, number>(), new Map<string, number>()];
  const numberIn = (all: Map<string, number>, name: string) => {
    if (!all.has(name)) all.set(name, all.size + 1);
    return String(all.get(name));
  };
  const reserved = reservationsIn(record).flatMap(({ sku, units, epoch, limitEpoch }) => [
    ...[numberIn(skus, sku), numberIn(allowances, allowanceOf(client, old.customer, sku))],
    ...[String(units), epoch, limitEpoch],
  ]);
  const units = hasStock ? unitsOf(submission.lines) : new Map<string, number>();
  const wants = [...units].map(([sku, count]) => {
    const allowance = allowanceOf(client, submission.customer, sku);
    return `${numberIn(skus, sku)}:${numberIn(allowances, allowance)}:${count}`;
  });
  return {
    skus: [...skus.keys()],
    allowances: [...allowances.keys()],
    wants: wants.join(),
    reserved,
  };
}

interface Change {
  readonly stored: StoredOrder;
  readonly state: OrderState | undefined;
  readonly text: string;
  readonly nowMs: number;
  readonly stock: ChangedStock;
}

function send({ client: redis, keys }: Store, order: NewOrder, change: Change) {
  const { id, client, submission } = order;
  const { stored, state, text, nowMs, stock } = change;
  const isScheduled = statusAtIntake(submission, nowMs) === 'scheduled';
  const dueAtMs = isScheduled ? submission.produceAtMs : nowMs;
  const was =
    state?.status !== 'canceled' ? 'waiting' : state.segment === undefined ? 'leaving' : 'ended';
  return runScript(redis, {
    script: REPLACE,
    keys: [
      ...[keys.order(id), keys.state(id), keys.owners, keys.clients],
      ...[keys.pending(client), keys.ended(client, state?.segment ?? 0), keys.totals],
      ...stock.skus.map(keys.stock),
      ...stock.allowances.map(keys.allowance),
    ],
    args: [
      ...[id, client, headText(id, stored.record ?? ''), stored.state ?? '', text],
      ...[String(dueAtMs), was, headText(id, text), String(nowMs), stock.wants],
      ...[String(stock.skus.length), ...stock.skus.map((sku) => JSON.stringify(sku))],
      ...stock.reserved,
    ],
  });
}
