import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { billedCommands } from '../lib/store/billed-commands.ts';
import { timed } from './figures.ts';
import { ORDER } from './orders.ts';
import { startServer } from './servers.ts';

/** As many jobs at once as its own documentation suggests for work that waits for the network. */
const CONCURRENCY = 100;

/** A queue of BullMQ's under a name of its own, and a worker that does as little as ours. */
export function bullmqOn(port: number) {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const name = randomUUID();
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, async () => ({ orderNumber: 1 }), {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  return {
    queue,
    worker,
    ready: () => worker.waitUntilReady(),
    /** Adds jobs, `size` in each call. */
    async add(jobs: number, size: number): Promise<void> {
      const call = Array.from({ length: size }, () => ({ name: 'order', data: ORDER }));
      for (let added = 0; added < jobs; added += size) await queue.addBulk(call);
    },
    /** Milliseconds until as many jobs are completed. */
    work(jobs: number): Promise<number> {
      const all = Promise.withResolvers<void>();
      let done = 0;
      worker.on('completed', () => {
        done += 1;
        if (done === jobs) all.resolve();
      });
      return timed(async () => {
        void worker.run();
        await all.promise;
      });
    },
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

/** Until its worker waits as it does for hours. */
const SETTLE_MS = 5_000;

/**
 * What BullMQ would be billed for: a job's whole life, and a minute in which its worker waits. The jobs
 * are all there before the worker begins, which costs least: one that waits is woken for each job.
 *
 * @param idleMs  how long to wait; 0 leaves the idle minute out
 */
export async function bullmqCounts({ jobs, idleMs }: { jobs: number; idleMs: number }) {
  const server = await startServer();
  const bullmq = bullmqOn(server.port);
  const count = async () => billedCommands(await server.info('commandstats'));
  try {
    await bullmq.ready();
    const before = await count();
    for (let job = 0; job < jobs; job += 1) await bullmq.queue.add('order', ORDER);
    await bullmq.work(jobs);
    const lifeOfOne = ((await count()) - before) / jobs;
    if (idleMs === 0) return { lifeOfOne };
    await delay(SETTLE_MS);
    const idleFrom = await count();
    await delay(idleMs);
    return { lifeOfOne, idleMinute: ((await count()) - idleFrom) * (60_000 / idleMs) };
  } finally {
    await bullmq.close();
    await server.stop();
  }
}
