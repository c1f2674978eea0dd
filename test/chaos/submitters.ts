/** The clients of a chaos run, and the functions that they call, in a thread of their own. */
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { chanceFrom } from '../support/chance.ts';
import { bearer, type Handler, httpEvent, lambdaContext } from '../support/functions.ts';
import { type PlannedOrder, plannedOrder } from './order-plan.ts';

export interface SubmittersOptions {
  readonly seed: number;
  readonly orders: number;
  readonly submitters: number;
  readonly environment: Readonly<Record<string, string>>;
}

export const ACKNOWLEDGED = 1;
export const REFUSED = 2;

/** What the clients of a run know at its end. */
export interface Clients {
  /** A mark for each order, by its place: `ACKNOWLEDGED`, `REFUSED`, or 0 where nothing was told. */
  readonly acknowledged: Uint8Array;
  /** Orders that were refused for want of stock. */
  readonly refused: number;
  /** Requests beyond the first for the same orders. */
  readonly repeats: number;
  /** Orders whose client was told nothing and went away. */
  readonly abandoned: number;
  /** What was answered otherwise than it must be. */
  readonly wrong: readonly string[];
}

/**
 * Submits all orders through the functions, each until it is acknowledged, most of them in batches.
 * The functions run in a thread of their own: what they log of a Redis that is gone is not shown.
 */
export async function submitAll(
  options: SubmittersOptions,
  onAcknowledged: (orders: number) => void,
): Promise<Clients> {
  const thread = new Worker(new URL(import.meta.url), {
    workerData: options,
    stdout: true,
  });
  const ended = Promise.withResolvers<Clients>();
  thread.on('message', (message: number | Clients) => {
    if (typeof message === 'number') onAcknowledged(message);
    else ended.resolve(message);
  });
  thread.on('error', ended.reject);
  thread.stdout.resume();
  try {
    return await ended.promise;
  } finally {
    await thread.terminate();
  }
}

const BATCH_ORDERS_MAX = 60;
/** A small run has smaller batches, and so requests enough to go wrong. */
const BATCHES_MIN = 50;
const RETRY_MS = 30;
/** One client in so many does not come back after a failure: it was told nothing. */
const FAILURES_PER_ABANDONMENT = 5;

async function submitHere(
  options: SubmittersOptions,
  onAcknowledged: (orders: number) => void,
): Promise<Clients> {
  const { seed, orders } = options;
  const chance = chanceFrom(seed + 1);
  Object.assign(process.env, options.environment);
  const one: Handler = (await import('../../functions/submit-order.ts')).handler;
  const many: Handler = (await import('../../functions/submit-batch.ts')).handler;
  const acknowledged = new Uint8Array(orders);
  const wrong: string[] = [];
  const tally = { repeats: 0, abandoned: 0, answered: 0, refused: 0 };
  const batchOrdersMax = Math.min(BATCH_ORDERS_MAX, Math.ceil(orders / BATCHES_MIN));
  let next = 0;

  async function submitter(): Promise<void> {
    while (next < orders) {
      const isOne = chance() < 0.5;
      const size = isOne ? 1 : 1 + Math.floor(chance() * batchOrdersMax);
      const from = next;
      next = Math.min(orders, next + size);
      const places = Array.from({ length: next - from }, (_, at) => from + at);
      await submitSurely(places, isOne);
    }
  }

  async function submitSurely(places: readonly number[], isOne: boolean): Promise<void> {
    const planned = places.map((place) => plannedOrder(seed, place));
    const send = () => (isOne ? sendOne(one, planned) : sendMany(many, planned));
    for (let receipts = await send(); ; receipts = await send()) {
      if (receipts.kind === 'wrong') return void wrong.push(receipts.answer);
      if (receipts.kind === 'receipts') {
        if (receipts.texts.length !== places.length) wrong.push('receipts are missing');
        for (const [at, place] of places.entries()) {
          const isRefused = receipts.texts[at] === NO_STOCK;
          acknowledged[place] = isRefused ? REFUSED : ACKNOWLEDGED;
          tally.refused += isRefused ? 1 : 0;
        }
        tally.answered += places.length;
        onAcknowledged(tally.answered);
        if (chance() < 0.02) await expectSame(receipts.texts, send);
        return;
      }
      if (chance() * FAILURES_PER_ABANDONMENT < 1) {
        tally.abandoned += places.length;
        return;
      }
      tally.repeats += 1;
      await pause(RETRY_MS);
    }
  }

  async function expectSame(texts: readonly string[], send: () => Promise<Answer>) {
    const again = await send();
    tally.repeats += 1;
    if (again.kind === 'wrong') wrong.push(again.answer);
    if (again.kind !== 'receipts') return;
    if (again.texts.join() !== texts.join()) wrong.push(`another receipt: ${again.texts[0]}`);
  }

  await Promise.all(Array.from({ length: options.submitters }, submitter));
  const { repeats, abandoned, refused } = tally;
  return { acknowledged, repeats, abandoned, refused, wrong };
}

/** In the place of a receipt: there is less than the order wants. */
const NO_STOCK = 'refused for stock';
const OUT_OF_STOCK = 'out-of-stock';

type Answer =
  | { readonly kind: 'receipts'; readonly texts: readonly string[] }
  /** 503: whether anything was done is not known. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'wrong'; readonly answer: string };

const JSON_HEADERS = { authorization: bearer('shop'), 'content-type': 'application/json' };

async function sendOne(handler: Handler, [order]: readonly PlannedOrder[]): Promise<Answer> {
  const { idempotencyKey = '', body = {} } = order ?? {};
  const headers = { ...JSON_HEADERS, 'idempotency-key': idempotencyKey };
  const event = httpEvent('POST /orders', { headers, body: JSON.stringify(body) });
  const answer = await handler(event, lambdaContext());
  const text = answer.body ?? '';
  if (answer.statusCode === 202) return { kind: 'receipts', texts: [text] };
  if (answer.statusCode === 503) return { kind: 'unavailable' };
  if (answer.statusCode === 409 && text.includes(OUT_OF_STOCK))
    return { kind: 'receipts', texts: [NO_STOCK] };
  return { kind: 'wrong', answer: `${answer.statusCode} ${text}` };
}

async function sendMany(handler: Handler, planned: readonly PlannedOrder[]): Promise<Answer> {
  const orders = planned.map(({ idempotencyKey, body }) => ({ idempotencyKey, ...body }));
  const body = JSON.stringify({ orders });
  const event = httpEvent('POST /orders/batch', { headers: JSON_HEADERS, body });
  const answer = await handler(event, lambdaContext());
  if (answer.statusCode === 503) return { kind: 'unavailable' };
  const wrong = { kind: 'wrong' as const, answer: `${answer.statusCode} ${answer.body}` };
  if (answer.statusCode !== 200) return wrong;
  const { results } = JSON.parse(answer.body ?? '') as {
    results: { status: number; order?: object; problem?: { type: string } }[];
  };
  const texts = results.flatMap(({ status, order, problem }) => {
    if (status === 409 && problem?.type.includes(OUT_OF_STOCK)) return [NO_STOCK];
    return status === 202 ? [JSON.stringify(order)] : [];
  });
  return texts.length === results.length ? { kind: 'receipts', texts } : wrong;
}

if (!isMainThread) {
  const acknowledged = (orders: number) => parentPort?.postMessage(orders);
  parentPort?.postMessage(await submitHere(workerData, acknowledged));
}
