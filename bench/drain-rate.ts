import { Queue, Worker } from 'bullmq';
import { systemClock } from '../lib/clock.ts';
import { backPressure } from '../lib/intake/back-pressure.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { drain } from '../lib/production/drain.ts';
import { orderNumberProducer } from '../lib/production/producers/order-numbers.ts';
import { connect } from '../lib/redis/client.ts';
import { intakeStore } from '../lib/redis/intake-store.ts';
import { keysWith } from '../lib/redis/keys.ts';
import { orderNumbers } from '../lib/redis/order-numbers.ts';
import { productionStore } from '../lib/redis/production-store.ts';
import { median, rounded, timed } from './figures.ts';
import { startServer } from './server.ts';

const ORDERS = 5_000;
const ROUNDS = 5;
const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255, description: 'T-LIGHT HOLDER' }],
  totalAmount: 1_530,
};

/**
 * Orders a second through claim, default production and settle, over HTTP, beside BullMQ's worker
 * (concurrency 100) on the same redis-server over its socket.
 */
export async function drainRate(): Promise<string> {
  const server = await startServer();
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(ORDERS / ((await drainOnce(server, `round-${round}:`)) / 1_000));
      theirs.push(ORDERS / ((await workOnce(server.socketPath, `round-${round}`)) / 1_000));
    }
    const ratios = ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN));
    return [
      `drain of ${rounded(ORDERS)} orders, ${ROUNDS} rounds in turn`,
      `  sluice   ${rounded(median(ours))} orders/s (batches of 100, over HTTP)`,
      `  bullmq   ${rounded(median(theirs))} jobs/s (concurrency 100, over a socket)`,
      `  ratio    ${rounded(median(ratios), 1)}`,
    ].join('\n');
  } finally {
    await server.stop();
  }
}

async function drainOnce(server: { url: string; token: string }, prefix: string): Promise<number> {
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const keys = keysWith(prefix);
  const intake = {
    store: intakeStore(client, keys),
    backPressure: backPressure(ORDERS),
    metrics: NO_METRICS,
  };
  const submissions = Array.from({ length: ORDERS }, (_, index) => ({
    client: 'shop',
    idempotencyKey: `key-${index}`,
    submission: ORDER,
  }));
  for (let at = 0; at < ORDERS; at += 100) {
    await submitOrders(intake, submissions.slice(at, at + 100), Date.now());
  }
  const dependencies = {
    store: productionStore(client, keys, 'bench'),
    producer: orderNumberProducer(orderNumbers(client, keys)),
    clock: systemClock,
    random: Math.random,
    log: () => undefined,
    metrics: NO_METRICS,
  };
  const limits = {
    batchSize: 100,
    batchBytesMax: 1024 * 1024,
    leaseMs: 30_000,
    attemptsMax: 8,
    settleMs: 1_000,
    produceMsMin: 1_000,
  };
  const end = { deadlineMs: Date.now() + 120_000, signal: new AbortController().signal };
  let produced = 0;
  const ms = await timed(async () => {
    produced = (await drain(dependencies, limits, end)).produced;
  });
  if (produced !== ORDERS) throw new Error(`${produced} orders were produced, not ${ORDERS}`);
  return ms;
}

async function workOnce(socketPath: string, name: string): Promise<number> {
  const connection = { path: socketPath, maxRetriesPerRequest: null };
  const queue = new Queue(name, { connection });
  const jobs = Array.from({ length: ORDERS }, () => ({ name: 'order', data: ORDER }));
  await queue.addBulk(jobs);
  let done = 0;
  const all = Promise.withResolvers<void>();
  const worker = new Worker(name, async () => ({ orderNumber: 1 }), {
    connection,
    concurrency: 100,
    autorun: false,
  });
  worker.on('completed', () => {
    done += 1;
    if (done === ORDERS) all.resolve();
  });
  await worker.waitUntilReady();
  const ms = await timed(async () => {
    void worker.run();
    await all.promise;
  });
  await worker.close();
  await queue.close();
  return ms;
}
