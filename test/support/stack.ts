import { shareConnection } from '../../local/redis/connection.ts';
import { startRedisServer } from '../../local/redis/redis-server.ts';
import type { Reply } from '../../local/redis/resp.ts';
import type { Rules } from '../../local/upstash/rules.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';

/** What every stack's clients authenticate with. */
export const TOKEN = 'test-token';

export type Stack = Awaited<ReturnType<typeof startStack>>;

/**
 * A redis-server and the REST server in front of it, for tests that must have them for themselves.
 *
 * @param options.dir         where the data is kept; without it nothing is
 * @param options.rules       what the service does otherwise: limits, delays, failures
 * @param options.replyMsMax  how long Redis may stay silent before it is taken for gone
 */
export async function startStack(
  options: { dir?: string; rules?: Partial<Rules>; replyMsMax?: number } = {},
) {
  const { dir, ...serverOptions } = options;
  const redis = await startRedisServer(dir === undefined ? {} : { dir });
  const upstash = await startUpstashServer({
    socketPath: redis.socketPath,
    token: TOKEN,
    ...serverOptions,
  });
  const admin = shareConnection({ socketPath: redis.socketPath });
  async function stop(): Promise<void> {
    admin.close();
    await upstash.close();
    await redis.stop();
  }
  return {
    url: upstash.url,
    token: TOKEN,
    redis,
    upstash,
    /** In force at once when they are changed. */
    rules: upstash.rules,
    /** What was billed, failed and touched undeclared. */
    usage: upstash.usage,
    /** Sends a command past the REST server, which would refuse or count it. */
    async admin(...command: string[]): Promise<Reply | undefined> {
      const [reply] = await admin.send([command]);
      if (reply?.kind === 'error') throw new Error(reply.text);
      return reply;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
