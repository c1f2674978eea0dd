import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { timed } from './figures.ts';
import { ORDER } from './orders.ts';

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
