import { startRedisServer } from '../local/redis/redis-server.ts';
import { startUpstashServer } from '../local/upstash/server.ts';

/** A redis-server and its REST server for one measurement. */
export async function startServer() {
  const redis = await startRedisServer({});
  const token = 'bench';
  const upstash = await startUpstashServer({ socketPath: redis.socketPath, token });
  return {
    url: upstash.url,
    token,
    socketPath: redis.socketPath,
    async stop() {
      await upstash.close();
      await redis.stop();
    },
  };
}
