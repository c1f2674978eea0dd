import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { ConfigError } from '../../lib/settings.ts';

const ALL = { redis: true, apiKeys: true };
const DIGEST = 'ab'.repeat(32);
const RIGHT = {
  UPSTASH_REDIS_REST_URL: 'https://canary.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'canary-token',
  SLUICE_API_KEYS: JSON.stringify([{ client: 'shop', scopes: ['orders:read'], sha256: DIGEST }]),
};

function faultsOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env, ALL);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The environment was taken.');
}

test('a right environment is read, with defaults for what may be left out', () => {
  expect(readConfig({ ...RIGHT, SLUICE_BATCH_SIZE: '' }, ALL)).toEqual({
    redisUrl: 'https://canary.upstash.io',
    redisToken: 'canary-token',
    apiKeys: [{ client: 'shop', scopes: ['orders:read'], sha256: DIGEST }],
    tokens: undefined,
    prefix: '',
    batchSize: 500,
    leaseMs: 30_000,
    attemptsMax: 24,
    queueMax: 1_000_000,
    redrivesPerSecond: 100,
    isAnnounced: false,
    rateLimit: 0,
    wakeIntervalMs: 0,
    drainFunction: '',
    retentionDays: 30,
  });
});

test('what may be set is set', () => {
  const settings = {
    SLUICE_PREFIX: 'dev:',
    SLUICE_BATCH_SIZE: '200',
    SLUICE_LEASE_MS: '900000',
    SLUICE_ATTEMPTS_MAX: '1',
    SLUICE_RETENTION_DAYS: '3650',
    SLUICE_EVENTS_URL: 'https://shop.example/events',
  };
  expect(readConfig({ ...RIGHT, ...settings }, ALL)).toMatchObject({
    prefix: 'dev:',
    batchSize: 200,
    leaseMs: 900_000,
    attemptsMax: 1,
    retentionDays: 3_650,
    isAnnounced: true,
  });
});

test('every variable that is missing is named at once', () => {
  for (const env of [{}, Object.fromEntries(Object.keys(RIGHT).map((name) => [name, '']))]) {
    const message = faultsOf(env);
    for (const name of Object.keys(RIGHT)) expect(message).toContain(`${name} is missing`);
  }
});

const apiKeys = (...entries: object[]) =>
  JSON.stringify(
    entries.map((entry) => {
      return { client: 'canary', scopes: ['orders:read'], sha256: DIGEST, ...entry };
    }),
  );

const WRONG: Record<string, string[]> = {
  UPSTASH_REDIS_REST_URL: [
    'canary.upstash.io',
    'redis://canary:6379',
    'https://',
    'https://canary:pw@x.upstash.io',
    'https://x.upstash.io/?canary',
    'https://x.upstash.io/#canary',
    'https://:canary@x.upstash.io',
    'https://x.upstash.io\ncanary',
    ' https://canary.upstash.io',
    'https:canary.b',
  ],
  UPSTASH_REDIS_REST_TOKEN: ['canary token', 'canary\n', 'canäry'],
  SLUICE_API_KEYS: [
    'canary',
    '{"canary":1}',
    'null',
    '[null]',
    '[]',
    apiKeys({ client: '' }),
    apiKeys({ client: 'canary\n' }),
    apiKeys({ client: 'c'.repeat(65) }),
    apiKeys({ scopes: [] }),
    apiKeys({ scopes: ['canary'] }),
    apiKeys({ sha256: DIGEST.toUpperCase() }),
    apiKeys({ sha256: DIGEST.slice(1) }),
    apiKeys({ sha256: 'canary' }),
    apiKeys({ key: 'canary' }),
    apiKeys({ client: 'canary-1' }, { client: 'canary-2' }),
  ],
  SLUICE_PREFIX: ['canary*', 'canary{x}', 'canary ', 'canary\n', 'c'.repeat(65)],
  SLUICE_BATCH_SIZE: ['0', '501', '-1', '1.5', '1e2', ' 5', '5\n', '0x5', 'canary', '9'.repeat(30)],
  SLUICE_LEASE_MS: ['999', '900001'],
  SLUICE_ATTEMPTS_MAX: ['0', '101'],
  SLUICE_QUEUE_MAX: ['0', '100000001'],
  SLUICE_REDRIVES_PER_SECOND: ['0', '1001'],
  SLUICE_RATE_LIMIT: ['0', '1000001'],
  SLUICE_WAKE_INTERVAL_MS: ['99', '30001'],
  SLUICE_DRAIN_FUNCTION: ['canary:1', 'c'.repeat(65)],
  SLUICE_RETENTION_DAYS: ['0', '3651', '0.5'],
};

describe.each(Object.entries(WRONG))('%s', (name, values) => {
  test.each(values)('may not be %j, and the message does not tell it', (value) => {
    const message = faultsOf({ ...RIGHT, [name]: value });
    expect(message.match(/^- /gm)).toHaveLength(1);
    expect(message).toContain(`- ${name} is wrong: `);
    expect(message).not.toMatch(/canary|abab/);
  });
});

test('every variable that is wrong is named at once, with the missing ones', () => {
  const wrong = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
  const message = faultsOf({ ...wrong, UPSTASH_REDIS_REST_TOKEN: undefined });
  for (const name of Object.keys(WRONG)) expect(message).toContain(`- ${name} is `);
  expect(message.match(/^- /gm)).toHaveLength(Object.keys(WRONG).length);
});

describe('a function in a wrong environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each(['submit-order', 'get-order', 'stats', 'drain-queue'])(
    '%s does not start, and says what is wrong',
    async (name) => {
      vi.resetModules();
      vi.stubEnv('UPSTASH_REDIS_REST_URL', 'canary');
      vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', undefined);
      vi.stubEnv('SLUICE_API_KEYS', '[');
      const started = import(`../../functions/${name}.ts`);
      await expect(started).rejects.toThrow(
        /UPSTASH_REDIS_REST_URL is wrong(.|\n)*UPSTASH_REDIS_REST_TOKEN is missing(.|\n)*SLUICE_API_KEYS is wrong/,
      );
      await expect(started).rejects.not.toThrow('canary');
    },
  );

  test.each(['maintain', 'announce-events'])(
    '%s does not start, and needs no keys',
    async (name) => {
      vi.resetModules();
      vi.stubEnv('UPSTASH_REDIS_REST_URL', 'canary');
      vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', 'token');
      vi.stubEnv('SLUICE_API_KEYS', undefined);
      const started = import(`../../functions/${name}.ts`);
      await expect(started).rejects.toThrow(/right\.\n- UPSTASH_REDIS_REST_URL is wrong[^\n]*$/);
    },
  );
});

test('a function that is given no keys and no Redis needs none', () => {
  const config = readConfig({}, { redis: false, apiKeys: false });
  expect(config).toMatchObject({ redisUrl: '', redisToken: '', apiKeys: [] });
});
