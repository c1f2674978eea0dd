import { readRedisConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/settings.ts';
import { connect, type Store } from '../lib/store/connection.ts';
import { StoreFault, StoreUnavailable } from '../lib/store/errors.ts';
import { keysWith } from '../lib/store/keys.ts';
import { CommandFailure, usageFailure } from './failure.ts';

/** These commands make many requests, so each is sent again a few times if it fails. */
const TIMEOUT_MS = 5_000;
const SENDS_MAX = 5;

/**
 * The store of a deployment, for commands that call Redis themselves.
 *
 * @throws CommandFailure if the settings are wrong
 */
export function redisStore(env: Readonly<Record<string, string | undefined>>): {
  readonly store: Store;
  readonly prefix: string;
} {
  const { redisUrl: url, redisToken: token, prefix } = settingsIn(env);
  const random = Math.random;
  const client = connect({ url, token, timeoutMs: TIMEOUT_MS, sendsMax: SENDS_MAX, random });
  return { store: { client, keys: keysWith(prefix) }, prefix };
}

function settingsIn(env: Readonly<Record<string, string | undefined>>) {
  try {
    return readRedisConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageFailure(
      `${error.message}\nThis command talks to Redis directly, so it needs the settings that the functions were\n` +
        'deployed with: --stage reads those of a deployment, and npm start prints those of the local stack.',
    );
  }
}

/**
 * Awaits what was asked of Redis.
 *
 * @param unfinished  what is to be said of it if Redis fails
 * @throws CommandFailure that says what to check
 */
export async function ofRedis<T>(asked: Promise<T>, unfinished: string): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StoreFault)) throw error;
    const message =
      `${error.message}. ${unfinished} Run it again, or check that\n` +
      'UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN are those of the database. The local stack has\n' +
      'new ones after each start.';
    throw new CommandFailure(message, { cause: error });
  }
}
