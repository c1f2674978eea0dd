import type { Redis } from '@upstash/redis';
import { StoreUnavailable } from '../queue/errors.ts';
import type { RedisClient } from './client.ts';
import type { Script } from './scripts.ts';

/** Sends a script that is safe to repeat. */
export function runRepeatedly(
  client: RedisClient,
  script: Script,
  keys: string[],
  args: string[],
): Promise<unknown[]> {
  return client.repeatedly((redis) => answerOf(client, redis, script, keys, args));
}

/** Sends a script once. */
export function runOnce(
  client: RedisClient,
  script: Script,
  keys: string[],
  args: string[],
): Promise<unknown[]> {
  return client.once((redis) => answerOf(client, redis, script, keys, args));
}

/**
 * Every script answers with a list, and with how many commands it has executed behind it: that is
 * told to the client and taken off. What is no such list was not said by Redis.
 */
async function answerOf(
  client: RedisClient,
  ...call: Parameters<typeof runScript>
): Promise<unknown[]> {
  const answer = await runScript(...call);
  if (!Array.isArray(answer)) throw new StoreUnavailable('Redis answered what is no list');
  const executed: unknown = answer.at(-1);
  if (!Number.isSafeInteger(executed)) throw new StoreUnavailable('Redis answered half a list');
  client.executed(executed as number);
  return answer.slice(0, -1);
}

/** EVALSHA, and EVAL where the server does not know the script, as after a restart. */
export async function runScript(
  redis: Redis,
  script: Script,
  keys: string[],
  args: string[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha1, keys, args);
  } catch (error) {
    if (!(error instanceof Error && /^(?:ERR )?NOSCRIPT/.test(error.message))) throw error;
    return await redis.eval(script.text, keys, args);
  }
}
