import { readConfig, readRedisConfig } from '../../lib/config.ts';
import { readEventSettings } from '../../lib/events/event-settings.ts';
import { databaseSettings } from '../../lib/postgres/database-settings.ts';
import { readWebhookSettings } from '../../lib/producers/webhook/webhook-settings.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { usageFailure } from '../failure.ts';

/** Stands where another variable must be there for one to be read. */
const ELSE: Environment = {
  UPSTASH_REDIS_REST_URL: 'https://name.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  SLUICE_WEBHOOK_URL: 'https://shop.example/{token}',
  SLUICE_WEBHOOK_URL_TOKEN: 'token',
  SLUICE_WEBHOOK_SECRETS: `whsec_${'a'.repeat(32)}`,
  SLUICE_EVENTS_URL: 'https://shop.example/{token}',
  SLUICE_EVENTS_URL_TOKEN: 'token',
  SLUICE_EVENTS_SECRETS: `whsec_${'a'.repeat(32)}`,
  // A stage's: it takes no key of the local stack.
  SLUICE_SECRETS: 'sluice/stage',
};

/** The secrets that Sluice knows, and what reads each as the functions do. */
const READERS: Readonly<Record<string, (env: Environment) => unknown>> = {
  UPSTASH_REDIS_REST_URL: readRedisConfig,
  UPSTASH_REDIS_REST_TOKEN: readRedisConfig,
  SLUICE_API_KEYS: (env) => readConfig(env, { redis: false, apiKeys: true }),
  DATABASE_URL: databaseSettings,
  SLUICE_WEBHOOK_SECRETS: readWebhookSettings,
  SLUICE_WEBHOOK_URL_TOKEN: readWebhookSettings,
  SLUICE_EVENTS_SECRETS: readEventSettings,
  SLUICE_EVENTS_URL_TOKEN: readEventSettings,
};

export const KNOWN_SECRETS = Object.keys(READERS);

/**
 * Checks the value of a secret as the functions would at their start. Of your own producer,
 * only the name is checked.
 *
 * @throws CommandFailure that says what is wrong, and never the value
 */
export function checkSecret(name: string, value: string): void {
  if (!/^[A-Z][A-Z0-9_]{0,99}$/.test(name)) {
    throw usageFailure(`${name} is not the name of a variable, such as DATABASE_URL.`);
  }
  if (value === '') throw usageFailure(`${name} is empty. Nothing was stored.`);
  try {
    READERS[name]?.({ ...ELSE, [name]: value });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageFailure(`${error.message}\nNothing was stored.`);
  }
}
