import type { Redis } from '@upstash/redis';
import { StoreUnavailable } from '../queue/errors.ts';
import type { RedisClient } from './client.ts';
import type { Script } from './scripts.ts';

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

/** Sends a script that is safe to repeat; every script of the stores answers with a list. */
export function runRepeatedly(
  client: RedisClient,
  script: Script,
  keys: string[],
  args: string[],
): Promise<unknown[]> {
  return client.repeatedly((redis) => listFrom(redis, script, keys, args));
}

/** The answer of a script that answers with a list; what is none was not said by Redis. */
export async function listFrom(...call: Parameters<typeof runScript>): Promise<unknown[]> {
  const answer = await runScript(...call);
  if (!Array.isArray(answer)) throw new StoreUnavailable('Redis answered what is no list');
  return answer;
}
