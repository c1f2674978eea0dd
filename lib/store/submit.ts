import { statusAtIntake } from '../orders/order.ts';
import type { Store } from './connection.ts';
import { erasedFrom } from './erased-record.ts';
import { readyScore } from './keys.ts';
import { headOf, type NewOrder, type RecordHead, recordOf } from './order-record.ts';
import { runScript } from './run-script.ts';
import { SUBMIT } from './scripts.ts';

/** The most orders of one submit: its script stays bounded. */
export const SUBMIT_ORDERS_MAX = 500;

export interface SubmitRequest {
  /** Whose orders they are. */
  readonly client: string;
  /** 1 to `SUBMIT_ORDERS_MAX`, no two with the same id. */
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
  | { readonly kind: 'full' };

/**
 * Writes the records of orders and puts their ids into the client's queue, or among the pending if
 * they are scheduled, in one atomic step, except for those whose id is known.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function submit(
  { client: redis, keys }: Store,
  { client, orders, nowMs, pendingMax, mustLook = false }: SubmitRequest,
): Promise<Submitted> {
  const [depth, answers] = (await runScript(redis, {
    script: SUBMIT,
    keys: [
      ...[keys.clients, keys.queue(client), keys.pending(client)],
      ...orders.map(({ id }) => keys.order(id)),
    ],
    args: [
      ...[client, String(readyScore(nowMs)), String(pendingMax), mustLook ? '1' : '0'],
      ...orders.flatMap((order) => [order.id, dueAtMs(order, nowMs), recordOf(order, nowMs)]),
    ],
  })) as [number, string[]];
  return {
    answers: orders.map(({ id }, at) => answerFrom(id, answers[at] ?? '')),
    ...(depth >= 0 && { queueDepth: depth }),
  };
}

function answerFrom(id: string, answer: string): SubmitAnswer {
  if (answer === '') return { kind: 'accepted' };
  if (answer === 'full') return { kind: 'full' };
  if (erasedFrom(answer) !== undefined) return { kind: 'erased' };
  return { kind: 'known', ...headOf(id, answer) };
}

function dueAtMs({ submission }: NewOrder, nowMs: number): string {
  const isLater = statusAtIntake(submission, nowMs) === 'scheduled';
  return isLater ? String(submission.produceAtMs) : '';
}
