import type { Client, NewOrder } from '../../lib/client/client.ts';
import { Conflict, Gone, InvalidRequest, NotFound } from '../../lib/client/errors.ts';
import type { OrderDocument, OrderSummaryDocument } from '../../lib/contract/schemas.ts';
import { submissionsOf } from './look.ts';
import { countAccepted, fail, keptOf, type Tally } from './send.ts';
import { reasonOf, type SheetOrder } from './submission.ts';
import type { Understood } from './understood.ts';

/** How many orders to replace are shown in full. */
const ORDERS_SHOWN = 3;

export interface ReplaceOptions {
  /** When it aborts, nothing more is sent. */
  readonly stop: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** An order that stands, and the content that the file has for it. */
export interface Replacement {
  readonly order: OrderDocument;
  readonly submission: SheetOrder;
}

/** What would be replaced. */
export interface Replacements {
  /** The orders' ids, by their ids in the sheet. */
  readonly ids: ReadonlyMap<number, string>;
  readonly first: readonly Replacement[];
}

/**
 * Looks up the orders that were accepted with other content. Those that cannot be replaced become
 * rejected ones, with the reason.
 *
 * @returns undefined if it was stopped or the API failed, as the tally tells
 */
export async function findReplacements(
  client: Pick<Client, 'me' | 'list' | 'get'>,
  understood: Understood,
  tally: Tally,
  { stop, onProgress }: ReplaceOptions,
): Promise<Replacements | undefined> {
  const ids = new Map<number, string>();
  const first: Replacement[] = [];
  const repeated = repeatedKeys(understood);
  const isDone = await untilEnd(tally, stop, async () => {
    const { client: own } = await client.me({ stop });
    let done = 0;
    for (const submission of submissionsOf(understood, 'different')) {
      stop.throwIfAborted();
      const { idempotencyKey } = submission;
      const order = repeated.has(idempotencyKey)
        ? undefined
        : await findOwn(client, own, idempotencyKey, stop);
      const obstacle = repeated.has(idempotencyKey)
        ? 'the file has another order with this key: keep one of them'
        : obstacleTo(order);
      if (obstacle !== undefined) reject(understood, tally, submission, obstacle);
      else if (order) {
        ids.set(submission.id, order.id);
        if (first.length < ORDERS_SHOWN) {
          first.push({ order: await client.get(order.id, { stop }), submission });
        }
      }
      done += 1;
      onProgress(done);
    }
  });
  return isDone ? { ids, first } : undefined;
}

/** An admin finds the orders of all clients, but submits only its own. */
async function findOwn(
  client: Pick<Client, 'list'>,
  own: string,
  idempotencyKey: string,
  stop: AbortSignal,
): Promise<OrderSummaryDocument | undefined> {
  for await (const order of client.list({ idempotencyKey }, { stop })) {
    if ((order.client ?? own) === own) return order;
  }
  return undefined;
}

/**
 * Why an order cannot be replaced, and what to do: never once its production has begun. The API
 * has the last word, as it may begin at any time.
 */
export function obstacleTo(order: OrderSummaryDocument | undefined): string | undefined {
  if (!order) return 'its order is no longer there: submit the file again';
  const { id, status, attempts, orderNumber, lastError } = order;
  const isUntouched = attempts === 0 && lastError === undefined;
  const anew = 'submit it as a new order, under another order number';
  if (status === 'canceled') {
    return isUntouched ? undefined : `${id} was canceled after its production had begun: ${anew}`;
  }
  if (status === 'produced') {
    const number = orderNumber === undefined ? '' : ` as number ${orderNumber}`;
    return `${id} is already produced${number}: correct it in the system that has it now`;
  }
  if (status === 'producing') {
    return `${id} is being produced: correct it in the system that will have it`;
  }
  if (status === 'dead') {
    return `${id} is dead, and its production had begun: have an admin cancel it, and ${anew}`;
  }
  if (isUntouched) return undefined;
  return `${id} is ${status} for another attempt, and its production has begun: cancel it, and ${anew}`;
}

/** Gives the orders the content that the file has for them, one by one. */
export async function replaceOrders(
  client: Pick<Client, 'replace'>,
  understood: Understood,
  { ids }: Replacements,
  tally: Tally,
  { stop, onProgress }: ReplaceOptions,
): Promise<void> {
  let done = 0;
  await untilEnd(tally, stop, async () => {
    for (const submission of submissionsOf(understood, 'different')) {
      stop.throwIfAborted();
      const id = ids.get(submission.id);
      if (id === undefined) continue;
      try {
        const order = await client.replace(id, submission.order as unknown as NewOrder, { stop });
        tally.different -= 1;
        tally.replaced += 1;
        countAccepted(tally, submission, order);
        understood.sheet.release(submission.id);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const kept = keptOf(submission, error.problem);
        reject(understood, tally, submission, `${id} was not replaced: ${kept.reason}`);
      }
      done += 1;
      onProgress(done);
    }
  });
}

/** Refusals of one order, which say nothing about the others. */
function isRefusal(error: unknown): error is Conflict | Gone | InvalidRequest | NotFound {
  return [Conflict, Gone, InvalidRequest, NotFound].some((Kind) => error instanceof Kind);
}

function reject({ sheet }: Understood, tally: Tally, submission: SheetOrder, text: string): void {
  const { id, idempotencyKey: key, row } = submission;
  sheet.keep({ id, key, fate: 'rejected', ...reasonOf([{ row, text }]) });
  tally.different -= 1;
  tally.rejected += 1;
}

/**
 * Keys of NDJSON that more than one line has: each of them would replace the other, at every run.
 * Rows of CSV with one key are one order.
 */
function repeatedKeys(understood: Understood): ReadonlySet<string> {
  const repeated = new Set<string>();
  if (understood.csv) return repeated;
  const keys = new Set<string>();
  for (const { idempotencyKey } of submissionsOf(understood, 'different')) {
    if (keys.has(idempotencyKey)) repeated.add(idempotencyKey);
    keys.add(idempotencyKey);
  }
  for (const { idempotencyKey } of submissionsOf(understood, 'clear')) {
    if (keys.has(idempotencyKey)) repeated.add(idempotencyKey);
  }
  return repeated;
}

/** @returns whether the work was done; what has ended it is in the tally */
async function untilEnd(
  tally: Tally,
  stop: AbortSignal,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (stop.aborted && error instanceof Error && error.name === 'AbortError') {
      tally.end = { kind: 'stopped' };
    } else fail(tally, error);
    return false;
  }
}
