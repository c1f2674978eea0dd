import { startRedisServer } from '../../local/redis/redis-server.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';

/** A redis-server and its REST server, for a test that must have them for itself. */
export async function startStack(options: { dir?: string } = {}) {
  const redis = await startRedisServer(options);
  const token = 'test-token';
  const upstash = await startUpstashServer({ socketPath: redis.socketPath, token });
  return {
    url: upstash.url,
    token,
    pid: redis.pid,
    async stop() {
      await upstash.close();
      await redis.stop();
    },
  };
}
