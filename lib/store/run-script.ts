import type { Redis } from '@upstash/redis/cloudflare';
import { failureIn, type RedisClient } from './connection.ts';
import { StoreUnavailable } from './errors.ts';
import type { Script } from './scripts.ts';

/** A script with what it is called with. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: string[];
  readonly args: string[];
  /** What it is billed as, about, where that depends on how much it is asked for. */
  readonly bills?: number;
}

/** Notes what a call is billed beyond its own command. */
function noteBilled(client: RedisClient, { script, bills = script.bills }: ScriptCall): void {
  client.bills(bills - 1);
}

/** Runs a script that is safe to repeat. Every script answers with a list. */
export function runScript(client: RedisClient, call: ScriptCall): Promise<unknown[]> {
  return client.repeatedly(async (redis) => {
    noteBilled(client, call);
    return listIn(await evaluated(redis, call));
  });
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
    for (const call of calls) noteBilled(client, call);
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
      return error === undefined ? listIn(result) : failureIn(error);
    });
  });
}

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

const NOSCRIPT = /^(?:ERR )?NOSCRIPT/;

function listIn(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer;
  throw new StoreUnavailable('Unexpected reply from Redis: expected a list');
}
