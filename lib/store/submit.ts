import { statusAtIntake } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import { readyScore } from './keys.ts';
import { headOf, type NewOrder, type RecordHead, recordOf } from './order-record.ts';
import { runScript, type ScriptCall } from './run-script.ts';
import { SUBMIT } from './scripts.ts';
import { shareOf, unitsOf } from './stock-record.ts';

/** The most orders of one submit: its script stays bounded. */
export const SUBMIT_ORDERS_MAX = 500;

export interface SubmitRequest {
  /** Whose orders they are. */
  readonly client: string;
  /**
   * 1 to `SUBMIT_ORDERS_MAX`. Two may have the same id only where stock is kept: the second is decided
   * after the first.
   */
  readonly orders: readonly NewOrder[];
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** How many orders of the client may be pending for a scheduled one to be accepted. */
  readonly pendingMax: number;
  /**
   * Whether to have a drain look at the client in any case, at one command more: an earlier submit
   * failed, and may have been cut off before it told the drain.
   */
  readonly mustLook?: boolean;
  /** Whether tracked SKUs are reserved, at up to two commands more. */
  readonly hasStock?: boolean;
}

export interface Submitted {
  /** One for each order, in the same order. */
  readonly answers: readonly SubmitAnswer[];
  /** How many ids are in the client's queue now; unknown if none of these went there. */
  readonly queueDepth?: number;
}

export type SubmitAnswer =
  | { readonly kind: 'accepted' }
  | ({ readonly kind: 'known' } & RecordHead)
  /** The order of this key was erased. */
  | { readonly kind: 'erased' }
  /** A scheduled order for which the client has no room. */
  | { readonly kind: 'full' }
  | NoStock;

/** An order that wants more of some SKUs than there is, or than its customer may have. */
export interface NoStock {
  readonly kind: 'out-of-stock' | 'over-limit';
  readonly lacking: readonly { readonly sku: string; readonly available: number }[];
}

/** Redis takes about 8,000 arguments of a command from a script: pairs of keys and values. */
const KEYS_MAX = 3_900;

/**
 * Writes the records of orders and puts their ids into the client's queue, or among the pending if
 * they are scheduled, in one atomic step, except for those whose id is known. Where stock is kept, an
 * order reserves what it wants of tracked SKUs in the same step, all of it, or is refused.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function submit(store: Store, request: SubmitRequest): Promise<Submitted> {
  const answers: SubmitAnswer[] = [];
  let queueDepth: number | undefined;
  for (const part of partsOf(request)) {
    const [depth, texts] = (await runScript(store.client, callOf(store, request, part))) as [
      number,
      string[],
    ];
    answers.push(...part.orders.map(({ id }, at) => answerFrom(id, texts[at] ?? '', part.skus)));
    if (depth >= 0) queueDepth = depth;
  }
  return { answers, ...(queueDepth !== undefined && { queueDepth }) };
}

/**
 * Whether there is a record of an order, at one billed command. GETEX is a command that writes, so it
 * is asked of the server that takes submits, and not of one that may be behind.
 *
 * @throws StoreUnavailable
 */
export async function isKnown({ client, keys }: Store, id: string): Promise<boolean> {
  const record = await client.repeatedly((redis) => redis.getex<string>(keys.order(id)));
  return record !== null;
}

/** Orders of one call, with the SKUs and the customers' shares of them, numbered from 1 on. */
interface Part {
  readonly orders: NewOrder[];
  readonly skus: string[];
  readonly shares: string[];
  /** What each order wants, as the script reads it. */
  readonly wants: string[];
}

/** One call, unless the orders have very many SKUs. */
function partsOf({ client, orders, hasStock = false }: SubmitRequest): Part[] {
  const parts: Part[] = [];
  let [skus, shares] = [new Map<string, number>(), new Map<string, number>()];
  let part: Part | undefined;
  for (const order of orders) {
    const { lines, customer } = order.submission;
    const units = hasStock ? unitsOf(lines) : new Map<string, number>();
    const size = (part?.orders.length ?? 0) + skus.size + shares.size + 2 * units.size;
    if (part === undefined || size >= KEYS_MAX) {
      part = { orders: [], skus: [], shares: [], wants: [] };
      [skus, shares] = [new Map(), new Map()];
      parts.push(part);
    }
    const wants: string[] = [];
    for (const [sku, count] of units) {
      const share = shareOf(client, customer, sku);
      if (!skus.has(sku)) skus.set(sku, part.skus.push(sku));
      if (!shares.has(share)) shares.set(share, part.shares.push(share));
      wants.push(`${skus.get(sku)}:${shares.get(share)}:${count}`);
    }
    part.orders.push(order);
    part.wants.push(wants.join());
  }
  return parts;
}

function callOf(
  { keys }: Store,
  { client, nowMs, pendingMax, mustLook = false }: SubmitRequest,
  { orders, skus, shares, wants }: Part,
): ScriptCall {
  return {
    script: SUBMIT,
    keys: [
      ...[keys.clients, keys.queue(client), keys.pending(client)],
      ...orders.map(({ id }) => keys.order(id)),
      ...skus.map(keys.stock),
      ...shares.map(keys.share),
    ],
    args: [
      ...[client, String(readyScore(nowMs)), String(pendingMax), mustLook ? '1' : '0'],
      ...[String(nowMs), String(skus.length), ...skus.map((sku) => JSON.stringify(sku))],
      ...orders.flatMap((order, at) => [
        ...[order.id, dueAtMs(order, nowMs), recordOf(order, nowMs), wants[at] ?? ''],
      ]),
    ],
  };
}

function answerFrom(id: string, answer: string, skus: readonly string[]): SubmitAnswer {
  if (answer === '') return { kind: 'accepted' };
  if (answer === 'full') return { kind: 'full' };
  if (answer.startsWith('o')) return noStockFrom(answer, skus);
  if (erasedFrom(answer) !== undefined) return { kind: 'erased' };
  return { kind: 'known', ...headOf(id, answer) };
}

/** Reads `out 1=0 2=5` or `over 1=0`, in which SKUs have numbers. */
export function noStockFrom(answer: string, skus: readonly string[]): NoStock {
  const [word, ...lacking] = answer.split(' ');
  return {
    kind: word === 'out' ? 'out-of-stock' : 'over-limit',
    lacking: lacking.map((entry) => {
      const [number, available] = entry.split('=').map(Number);
      return { sku: skus[(number ?? 0) - 1] ?? '', available: available ?? 0 };
    }),
  };
}

function dueAtMs({ submission }: NewOrder, nowMs: number): string {
  const isLater = statusAtIntake(submission, nowMs) === 'scheduled';
  return isLater ? String(submission.produceAtMs) : '';
}
