import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import { drain } from '../../lib/drain/drain.ts';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import type { Store } from '../../lib/store/connection.ts';
import { countOrders } from '../../lib/store/count.ts';
import { listOrders } from '../../lib/store/list.ts';
import type { Position } from '../../lib/store/list-places.ts';
import { findOrder } from '../../lib/store/read.ts';
import { oldestDead, redrive } from '../../lib/store/redrive.ts';
import { rounded } from '../figures.ts';
import { consoleWork } from './console-work.ts';
import { DROP, OTHERS, SHOP } from './load.ts';

export interface Work {
  readonly title: string;
  /** @returns what was seen */
  readonly run: () => Promise<string>;
}

const DAY_MS = 86_400_000;
const PAGES = 20;
const BATCH = 500;
const BATCHES = 20;

/** What functions do, each by itself, on a database that is full. */
export function workOver(
  store: Store,
  { nowMs, dropAtMs }: { nowMs: number; dropAtMs: number },
): Work[] {
  return [
    { title: 'A drain of the deepest queue', run: () => drained(store, [SHOP], nowMs) },
    { title: 'A drain of 50 clients', run: () => drained(store, OTHERS, nowMs) },
    { title: 'A drain that rejects', run: () => drained(store, [SHOP], nowMs, rejecting) },
    ...consoleWork(store, { nowMs, dropAtMs }),
    {
      title: 'Redrive of 500',
      run: async () => {
        const ids = await oldestDead(store, BATCH);
        const put = await redrive(store, { ids, pauseMs: 10, redriveId: randomUUID(), nowMs });
        return `${put.filter(Boolean).length} put back`;
      },
    },
    { title: 'GET /orders/{id} and DELETE', run: () => readAndCanceled(store, nowMs) },
    { title: 'GET /orders as an admin', run: () => paged(store, { nowMs }) },
    {
      title: 'GET /orders as a small client',
      run: () => paged(store, { client: OTHERS[0], nowMs }),
    },
    {
      title: 'GET /orders as the largest client',
      run: () => paged(store, { client: SHOP, nowMs }),
    },
    {
      title: 'GET /orders as an admin, of what has ended',
      run: () => paged(store, { nowMs, from: { place: 'ended', group: 0 } }),
    },
    { title: 'GET /orders of the drop', run: () => paged(store, { client: DROP, nowMs }) },
    {
      title: 'GET /stats',
      run: async () => JSON.stringify(await countOrders(store, nowMs)),
    },
    { title: 'A drain as the drop is due', run: () => drained(store, [DROP], dropAtMs + 1) },
    { title: 'An upkeep pass', run: () => passed(store, dropAtMs + 2) },
    { title: 'Retention of the oldest two days', run: () => forgotten(store, dropAtMs + 2) },
  ];
}

async function drained(
  store: Store,
  ready: readonly string[],
  nowMs: number,
  producer: Producer = producing,
): Promise<string> {
  const clock = { ...systemClock, now: () => nowMs };
  const dependencies = {
    store,
    clock,
    log: () => undefined,
    metrics: NO_METRICS,
    random: Math.random,
  };
  let batches = 0;
  const stop = new AbortController();
  const counted: Producer = (orders, context) => {
    batches += 1;
    if (batches === BATCHES) stop.abort();
    return producer(orders, context);
  };
  const startedAt = performance.now();
  const report = await drain(
    { ...dependencies, producer: counted },
    {
      ...{ batchSize: BATCH, lanes: 2, leaseMs: 900_000, attemptsMax: 24, isAnnounced: true },
      ...{ settleMs: 1_000, produceMsMin: 1_000 },
    },
    { deadlineMs: nowMs + 600_000, signal: stop.signal },
    { drainId: randomUUID(), ready },
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const ended = report.produced + report.dead;
  return `${rounded(ended)} orders at ${rounded(ended / seconds)}/s, ${rounded(report.remaining)} remain`;
}

const producing: Producer = async (orders) =>
  new Map(orders.map(({ id }) => [id, { kind: 'produced', orderNumber: 'next' }]));
const rejecting: Producer = async (orders) =>
  new Map(orders.map(({ id }) => [id, { kind: 'rejected', reason: 'no such article' }]));

async function readAndCanceled(store: Store, nowMs: number): Promise<string> {
  const statuses = new Set<string>();
  const { keys, client } = store;
  const queued = await client.repeatedly((redis) => redis.lrange<string>(keys.queue(SHOP), 0, 99));
  const ended = Array.from({ length: 100 }, (_, at) => orderIdOf(SHOP, `load-kept-${7 * at + 1}`));
  for (const id of [...queued, ...ended]) {
    const found = await findOrder(store, id, nowMs);
    statuses.add(found.kind === 'order' ? found.order.status : found.kind);
    statuses.add((await cancel(store, { id, client: SHOP, nowMs })).kind);
  }
  return [...statuses].join(', ');
}

async function paged(
  store: Store,
  options: { client?: string | undefined; nowMs: number; from?: Position },
): Promise<string> {
  const { client, nowMs, from } = options;
  const seen = new Set<string>();
  let after = from;
  let orders = 0;
  const startedAt = performance.now();
  for (let page = 0; page < PAGES; page += 1) {
    const listed = await listOrders(store, {
      ...{ of: 'orders', ordersMax: 100, matches: () => true, after, nowMs },
      ...(client !== undefined && { client }),
    });
    orders += listed.orders.length;
    for (const { id } of listed.orders) seen.add(id);
    after = listed.end;
  }
  const ms = (performance.now() - startedAt) / PAGES;
  return `${PAGES} pages, ${orders} orders, ${orders - seen.size} twice, ${rounded(ms, 1)} ms a page`;
}

async function passed(store: Store, nowMs: number): Promise<string> {
  const startedAt = performance.now();
  const clock = { now: () => nowMs };
  const report = await reconcile({ store, clock, isRepair: true, retentionMs: 31 * DAY_MS });
  const seconds = rounded((performance.now() - startedAt) / 1_000);
  const megabytes = rounded(process.memoryUsage().heapUsed / 1024 / 1024);
  const { listed: _, ...rest } = report;
  return `${JSON.stringify(rest)} in ${seconds} s, ${megabytes} MB of heap`;
}

async function forgotten(store: Store, nowMs: number): Promise<string> {
  const startedAt = performance.now();
  const report = await retain({ store, clock: { now: () => nowMs }, retentionMs: 29 * DAY_MS });
  return `${JSON.stringify(report)} in ${rounded((performance.now() - startedAt) / 1_000)} s`;
}
