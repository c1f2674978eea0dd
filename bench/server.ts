import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startRedisServer } from '../local/redis/redis-server.ts';

/**
 * A redis-server and its REST server for one measurement. The latter has a thread of its own: what
 * it costs to speak HTTP is the service's cost and not that of the code which is measured.
 */
export async function startServer() {
  const redis = await startRedisServer({});
  const token = 'bench';
  const { socketPath } = redis;
  const workerData = { socketPath, token };
  const thread = new Worker(new URL('./server-thread.ts', import.meta.url), { workerData });
  const [url] = (await once(thread, 'message')) as [string];
  return {
    url,
    token,
    socketPath,
    async stop() {
      await thread.terminate();
      await redis.stop();
    },
  };
}
