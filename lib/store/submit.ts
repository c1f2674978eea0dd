import { statusAtIntake } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import { readyScore } from './keys.ts';
import { headOf, type NewOrder, type RecordHead, recordOf } from './order-record.ts';
import { runScript, type ScriptCall } from './run-script.ts';
import { SUBMIT } from './scripts.ts';
import { type NoStock, noStockFrom, type WantingPart, wantingParts } from './submit-stock.ts';
import { ORDER_BYTES, orderWeight } from './weight.ts';

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
  /** An order due within a minute is refused if more than this many would be due by then. */
  readonly queueMax: number;
  /**
   * Whether to have a drain look at the client in any case, at one command more: an earlier submit
   * failed, and may have been cut off before it told the drain.
   */
  readonly mustLook?: boolean;
  /** Whether to tell how many orders of the client are due, at one command more. */
  readonly countsDue?: boolean;
  /** Decides what to count and check for orders of that many bytes; nothing if left out. */
  readonly asks?: (bytes: number) => Counting;
  /** Whether orders reserve tracked SKUs, at up to two commands more. */
  readonly hasStock?: boolean;
}

/** What a submit does about the bytes that are counted. */
export interface Counting {
  /** Bytes of earlier orders, counted with these at two commands more; left out to count nothing now. */
  readonly owedBytes?: number | undefined;
  /** Refuses new orders where more than that is counted, at one command more. */
  readonly bytesMax?: Bytes | undefined;
}

/** About how many bytes orders take in the database. */
export interface Bytes {
  /** Those of one client. */
  readonly ofClient: number;
  readonly ofAll: number;
}

export interface Submitted {
  /** One for each order, in the same order. */
  readonly answers: readonly SubmitAnswer[];
  /** How many ids are in the client's queue now; unknown if none of these went there. */
  readonly queueDepth?: number;
  /** How many of the client's orders were due before, if that was asked. */
  readonly due?: number;
  /** How many bytes the accepted orders take. */
  readonly acceptedBytes: number;
  /** What is counted now, if it was counted or looked at. */
  readonly counted?: Bytes;
}

/** Why there is no room for an order: in its client's schedule, queue or share, or in the database. */
export type NoRoom = 'schedule' | 'queue' | 'share' | 'database';

export type SubmitAnswer =
  | { readonly kind: 'accepted' }
  | ({ readonly kind: 'known' } & RecordHead)
  /** The order of this key was erased. */
  | { readonly kind: 'erased' }
  | { readonly kind: 'no-room'; readonly where: NoRoom }
  | NoStock;

const ACCEPTED: SubmitAnswer = { kind: 'accepted' };
const NO_ROOM: readonly string[] = ['schedule', 'queue', 'share', 'database'] satisfies NoRoom[];

/**
 * Writes the records of orders and puts their ids into the client's queue, or among the pending if
 * they are scheduled, in one atomic step, except for those whose id is known. Where stock is kept, an
 * order reserves what it wants of tracked SKUs in the same step, all of it, or is refused.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function submit(store: Store, request: SubmitRequest): Promise<Submitted> {
  let submitted: Submitted = { answers: [], acceptedBytes: 0 };
  for (const part of wantingParts(request)) {
    const { answers, acceptedBytes, ...known } = await submitPart(store, request, part);
    submitted = {
      ...{ ...submitted, ...known },
      answers: [...submitted.answers, ...answers],
      acceptedBytes: submitted.acceptedBytes + acceptedBytes,
    };
  }
  return submitted;
}

async function submitPart(
  store: Store,
  request: SubmitRequest,
  part: WantingPart,
): Promise<Submitted> {
  const records = part.orders.map((order) => recordOf(order, request.nowMs));
  const weights = records.map((record) => orderWeight(Buffer.byteLength(record)));
  const counting = request.asks?.(sumOf(weights)) ?? {};
  const call = callOf(store, request, { part, records, counting });
  const [depth, texts, due, ofClient, ofAll] = (await runScript(store.client, call)) as [
    ...[number, (number | string)[], number, number, number],
  ];
  const answers = part.orders.map((): SubmitAnswer => ACCEPTED);
  for (let at = 0; at < texts.length; at += 2) {
    const number = Number(texts[at]) - 1;
    answers[number] = answerFrom(part.orders[number]?.id ?? '', String(texts[at + 1]), part.skus);
  }
  return {
    answers,
    acceptedBytes: sumOf(weights.filter((_, at) => answers[at]?.kind === 'accepted')),
    ...(depth >= 0 && { queueDepth: depth }),
    ...(due >= 0 && { due }),
    ...(ofClient >= 0 && ofAll >= 0 && { counted: { ofClient, ofAll } }),
  };
}

interface Prepared {
  readonly part: WantingPart;
  readonly records: readonly string[];
  readonly counting: Counting;
}

function callOf(
  { keys }: Store,
  { client, nowMs, pendingMax, queueMax, mustLook, countsDue }: SubmitRequest,
  { part, records, counting: { owedBytes, bytesMax } }: Prepared,
): ScriptCall {
  const { orders, skus, allowances, wants } = part;
  return {
    script: SUBMIT,
    keys: [
      ...[keys.clients, keys.queue(client), keys.pending(client), keys.bytes],
      ...orders.map(({ id }) => keys.order(id)),
      ...skus.map(keys.stock),
      ...allowances.map(keys.allowance),
    ],
    args: [
      client,
      ...[readyScore(nowMs), nowMs, pendingMax, queueMax].map(String),
      ...[mustLook, countsDue].map((isSet) => (isSet ? '1' : '0')),
      ...[owedBytes, bytesMax?.ofClient, bytesMax?.ofAll].map((bytes) => String(bytes ?? '')),
      ...[ORDER_BYTES, skus.length, orders.length].map(String),
      ...skus.map((sku) => JSON.stringify(sku)),
      ...records,
      ...(skus.length > 0 ? wants : []),
      ...orders.flatMap((order, at) => dueOf(order, at + 1, nowMs)),
    ],
  };
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

function answerFrom(id: string, answer: string, skus: readonly string[]): SubmitAnswer {
  if (NO_ROOM.includes(answer)) return { kind: 'no-room', where: answer as NoRoom };
  if (answer.startsWith('o')) return noStockFrom(answer, skus);
  if (erasedFrom(answer) !== undefined) return { kind: 'erased' };
  return { kind: 'known', ...headOf(id, answer) };
}

/** The number of an order that is scheduled, and its time. */
function dueOf({ submission }: NewOrder, number: number, nowMs: number): string[] {
  const isLater = statusAtIntake(submission, nowMs) === 'scheduled';
  return isLater ? [String(number), String(submission.produceAtMs)] : [];
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
