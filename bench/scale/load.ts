import { withContent } from '../../lib/orders/content.ts';
import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Keys } from '../../lib/store/keys.ts';
import { segmentName, segmentOf } from '../../lib/store/keys.ts';
import { type OrderState, recordOf, stateText } from '../../lib/store/order-record.ts';
import type { SharedConnection } from '../../local/redis/connection.ts';
import { progress } from './progress.ts';

export interface Load {
  readonly kept: number;
  readonly waiting: number;
  readonly scheduled: number;
}

/** Most orders are this client's, and all that wait deep in a queue. */
export const SHOP = 'shop';
/** Whose orders are scheduled for a drop. */
export const DROP = 'drop';
/** Fifty more, as many as a claim serves. */
export const OTHERS = Array.from({ length: 50 }, (_, at) => `client-${at}`);
/** One in so many ended orders is another client's than the shop's. */
const OTHERS_SHARE = 5;
/** Orders in the queue of each other client. */
const OTHERS_WAITING = 2_000;

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
const CHUNK = 1_000;
const BATCH = 500;

const submission = {
  customer: '17850',
  currency: 'GBP',
  lines: [
    { sku: '85123A', quantity: 6, unitAmount: 255 },
    { sku: '71053', quantity: 6, unitAmount: 339 },
  ],
  totalAmount: 3_564,
};

/** What the store holds of an order of a client, by the functions that the store writes it with. */
function orderOf(
  keys: Keys,
  client: string,
  name: string,
  acceptedAtMs: number,
  produceAtMs?: number,
) {
  const idempotencyKey = `load-${name}`;
  const id = orderIdOf(client, idempotencyKey);
  const scheduled = produceAtMs === undefined ? {} : { produceAtMs };
  const content = withContent({ ...submission, ...scheduled });
  const order = { id, client, idempotencyKey, ...content };
  return { id, pair: [keys.order(id), recordOf(order, acceptedAtMs)] };
}

/**
 * Fills a database with orders as months of traffic would have left them: 30 days of produced ones, a
 * deep queue, and a drop that many orders are scheduled for.
 *
 * @returns when the scheduled orders are due, Unix milliseconds
 */
export async function fill(redis: SharedConnection, keys: Keys, load: Load, nowMs: number) {
  const send = async (commands: string[][]) => {
    for (const reply of await redis.send(commands)) {
      if (reply.kind === 'error') throw new Error(reply.text);
    }
  };
  await fillKept(send, keys, load.kept, nowMs);
  const dropAtMs = nowMs + DAY_MS;
  await inChunks('waiting', load.waiting, async (from, count) => {
    await send(waitingCommands(keys, SHOP, from, count, nowMs));
  });
  for (const client of OTHERS) await send(waitingCommands(keys, client, 0, OTHERS_WAITING, nowMs));
  await inChunks('scheduled', load.scheduled, async (from, count) => {
    const orders = Array.from({ length: count }, (_, at) =>
      orderOf(keys, DROP, `drop-${from + at}`, nowMs, dropAtMs),
    );
    await send([
      ['MSET', ...orders.flatMap(({ pair }) => pair)],
      ['ZADD', keys.pending(DROP), ...orders.flatMap(({ id }) => [String(dropAtMs), id])],
    ]);
  });
  const ready = [SHOP, ...OTHERS].flatMap((client) => [String(nowMs), client]);
  await send([['ZADD', keys.clients, ...ready, String(dropAtMs), DROP]]);
  return dropAtMs;
}

type Send = (commands: string[][]) => Promise<void>;

async function fillKept(send: Send, keys: Keys, kept: number, nowMs: number): Promise<void> {
  const startMs = nowMs - KEPT_DAYS * DAY_MS;
  await inChunks('kept', kept, async (from, count) => {
    const records: string[] = [];
    const ended = new Map<string, string[]>();
    for (let n = from; n < from + count; n += 1) {
      const client =
        n % OTHERS_SHARE === 0 ? (OTHERS[(n / OTHERS_SHARE) % OTHERS.length] ?? SHOP) : SHOP;
      const atMs = Math.round(startMs + (n / kept) * KEPT_DAYS * DAY_MS);
      const { id, pair } = orderOf(keys, client, `kept-${n}`, atMs - 30_000);
      const token = Math.ceil((n + 1) / BATCH) * BATCH;
      const segment = segmentOf(token);
      const state: OrderState = {
        ...{ status: 'produced', attempts: 1, updatedAtMs: atMs },
        settledBy: `${token}:f0b7dd5c-8a5f-4b0e-9f3c-0f6f3f6a1c11`,
        ...{ segment, producedAtMs: atMs, orderNumber: n + 1 },
      };
      records.push(...pair, keys.state(id), stateText(state));
      const name = segmentName(client, segment);
      ended.set(name, [...(ended.get(name) ?? []), String(atMs), id]);
    }
    const files = [...ended].flatMap(([name, entries]) => [
      [
        'ZADD',
        keys.ended(name.slice(0, name.lastIndexOf(':')), Number(name.split(':').at(-1))),
        ...entries,
      ],
      ['ZADD', keys.segments, '0', name],
    ]);
    await send([['MSET', ...records], ...files]);
  });
  await send([
    ['SET', keys.fence, String(Math.ceil(kept / BATCH) * BATCH)],
    ['SET', keys.number, String(kept)],
    ['HSET', keys.totals, 'produced', String(kept), 'canceled', '0', 'leaving', '0'],
  ]);
}

function waitingCommands(keys: Keys, client: string, from: number, count: number, nowMs: number) {
  const orders = Array.from({ length: count }, (_, at) =>
    orderOf(keys, client, `waiting-${from + at}`, nowMs - 1),
  );
  return [
    ['MSET', ...orders.flatMap(({ pair }) => pair)],
    ['LPUSH', keys.queue(client), ...orders.map(({ id }) => id)],
  ];
}

async function inChunks(
  what: string,
  total: number,
  load: (from: number, count: number) => Promise<void>,
): Promise<void> {
  const tell = progress(`loading ${what}`, total);
  for (let from = 0; from < total; from += CHUNK) {
    await load(from, Math.min(CHUNK, total - from));
    tell(from + CHUNK);
  }
}
