import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { connect } from '../lib/redis/client.ts';
import { billedCommands } from '../local/billed-commands.ts';
import { startServer } from './server.ts';

const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
};

/** Until its worker waits as it does for hours. */
const SETTLE_MS = 5_000;

/**
 * Billed commands of BullMQ on the same count: of a job's whole life, and of a minute in which its
 * worker waits. The jobs are all there before the worker begins, which costs least: one that waits
 * is woken for each job.
 *
 * @param idleMs  how long is waited; 0 leaves that out
 */
export async function bullmqCounts({ jobs, idleMs }: { jobs: number; idleMs: number }) {
  const server = await startServer();
  const client = connect({ ...server, timeoutMs: 10_000, sendsMax: 1, random: Math.random });
  const count = async () =>
    billedCommands(await client.redis.exec<string>(['INFO', 'commandstats']));
  const connection = { path: server.socketPath, maxRetriesPerRequest: null };
  const queue = new Queue('orders', { connection });
  const all = Promise.withResolvers<void>();
  let done = 0;
  const worker = new Worker('orders', async () => ({ orderNumber: 1 }), {
    connection,
    concurrency: 100,
    autorun: false,
  });
  worker.on('completed', () => {
    done += 1;
    if (done === jobs) all.resolve();
  });
  try {
    await worker.waitUntilReady();
    const before = await count();
    for (let job = 0; job < jobs; job += 1) await queue.add('order', ORDER);
    void worker.run();
    await all.promise;
    const lifeOfOne = ((await count()) - before) / jobs;
    if (idleMs === 0) return { lifeOfOne };
    await delay(SETTLE_MS);
    const idleFrom = await count();
    await delay(idleMs);
    return { lifeOfOne, idleMinute: ((await count()) - idleFrom) * (60_000 / idleMs) };
  } finally {
    await worker.close();
    await queue.close();
    await server.stop();
  }
}
