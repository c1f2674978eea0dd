import type { Redis } from '@upstash/redis/cloudflare';
import { failureIn, type RedisClient } from './connection.ts';
import { StoreUnavailable } from './errors.ts';
import type { Script } from './scripts.ts';

/** A script with what it is called with. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: string[];
  readonly args: string[];
}

/** Runs a script that is safe to repeat. Every script answers with a list. */
export function runScript(client: RedisClient, call: ScriptCall): Promise<unknown[]> {
  return client.repeatedly(async (redis) => answerIn(client, await evaluated(redis, call)));
}

/** EVALSHA, and EVAL where the server does not know the script, as after a restart. */
async function evaluated(redis: Redis, { script, keys, args }: ScriptCall): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha1, keys, args);
  } catch (error) {
    if (!(error instanceof Error && NOSCRIPT.test(error.message))) throw error;
    return await redis.eval(script.text, keys, args);
  }
}

/**
 * Runs scripts one after the other in one request, which is sent once.
 *
 * @throws where the request fails, or the last of the scripts does; what the others answered then is
 *   lost, so all but the last must be safe to repeat
 * @returns for each script its answer, or the error that Redis answered with
 */
export async function runTogether(
  client: RedisClient,
  calls: readonly ScriptCall[],
): Promise<(unknown[] | Error)[]> {
  return await client.once(async (redis) => {
    const first = redis.pipeline();
    for (const { script, keys, args } of calls) first.evalsha(script.sha1, keys, args);
    const answers = (await first.exec({ keepErrors: true })) as Answer[];
    const unknown = calls.filter((_, at) => NOSCRIPT.test(answers[at]?.error ?? ''));
    if (unknown.length > 0) {
      const second = redis.pipeline();
      for (const { script, keys, args } of unknown) second.eval(script.text, keys, args);
      const late = (await second.exec({ keepErrors: true })) as Answer[];
      for (const [at, call] of unknown.entries()) {
        const answer = late[at];
        if (answer !== undefined) answers[calls.indexOf(call)] = answer;
      }
    }
    return calls.map((_, at) => {
      const { error, result } = answers[at] ?? { error: 'no answer' };
      return error === undefined ? answerIn(client, result) : failureIn(error);
    });
  });
}

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

const NOSCRIPT = /^(?:ERR )?NOSCRIPT/;

/** What a script has answered, without the number of commands behind it, which is noted as billed. */
function answerIn({ bills }: RedisClient, reply: unknown): unknown[] {
  if (!Array.isArray(reply)) {
    throw new StoreUnavailable('Unexpected reply from Redis: expected a list');
  }
  // The call of the script itself was noted as it was sent.
  bills(Number(reply.at(-1)) - 1);
  return reply.slice(0, -1);
}
