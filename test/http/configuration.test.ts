import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { ConfigError } from '../../lib/settings.ts';

const ALL = { redis: true, apiKeys: true };
const DIGEST = 'ab'.repeat(32);
const KEYS = [{ client: 'shop', scopes: ['orders:read'] as const, sha256: DIGEST }];
const RIGHT = {
  UPSTASH_REDIS_REST_URL: 'https://canary.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'canary-token',
  SLUICE_API_KEYS: JSON.stringify(KEYS),
};

function faultsOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env, ALL);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The environment was accepted.');
}

test('a right environment is read, with defaults for what is left out or empty', () => {
  expect(readConfig({ ...RIGHT, SLUICE_BATCH_SIZE: '' }, ALL)).toEqual({
    redisUrl: 'https://canary.upstash.io',
    redisToken: 'canary-token',
    apiKeys: KEYS,
    tokens: undefined,
    stage: 'local',
    prefix: '',
    batchSize: 100,
    lanes: 2,
    leaseMs: 30_000,
    attemptsMax: 24,
    queueMax: 1_000_000,
    scheduledMax: 100_000,
    redrivesPerSecond: 100,
    isAnnounced: false,
    rateLimit: 0,
    wakeIntervalMs: 0,
    drainFunction: '',
    retentionDays: 30,
  });
});

test.each([
  ['SLUICE_PREFIX', 'dev:', { prefix: 'dev:' }],
  ['SLUICE_STAGE', 'dev', { stage: 'dev' }],
  ['SLUICE_BATCH_SIZE', '500', { batchSize: 500 }],
  ['SLUICE_DRAIN_LANES', '1', { lanes: 1 }],
  ['SLUICE_LEASE_MS', '900000', { leaseMs: 900_000 }],
  ['SLUICE_ATTEMPTS_MAX', '1', { attemptsMax: 1 }],
  ['SLUICE_QUEUE_MAX', '1500000', { queueMax: 1_500_000 }],
  ['SLUICE_SCHEDULED_MAX', '500000', { scheduledMax: 500_000 }],
  ['SLUICE_REDRIVES_PER_SECOND', '1000', { redrivesPerSecond: 1_000 }],
  ['SLUICE_RATE_LIMIT', '1', { rateLimit: 1 }],
  ['SLUICE_WAKE_INTERVAL_MS', '100', { wakeIntervalMs: 100 }],
  ['SLUICE_RETENTION_DAYS', '3650', { retentionDays: 3_650 }],
  ['SLUICE_EVENTS_URL', 'https://shop.example/events', { isAnnounced: true }],
])('%s may be %s', (name, value, expected) => {
  expect(readConfig({ ...RIGHT, [name]: value }, ALL)).toMatchObject(expected);
});

const apiKeys = (...entries: object[]) =>
  JSON.stringify(entries.map((entry) => ({ ...KEYS[0], client: 'canary', ...entry })));

const WRONG: Record<string, string[]> = {
  UPSTASH_REDIS_REST_URL: [
    ...['canary.upstash.io', 'redis://canary:6379', 'https://', 'https://canary:pw@x.upstash.io'],
    ...['https://x.upstash.io/?canary', 'https://x.upstash.io/#canary', 'https:canary.b'],
    ...[
      'https://:canary@x.upstash.io',
      'https://x.upstash.io\ncanary',
      ' https://canary.upstash.io',
    ],
  ],
  UPSTASH_REDIS_REST_TOKEN: ['canary token', 'canary\n', 'canäry'],
  SLUICE_API_KEYS: [
    ...['canary', '{"canary":1}', 'null', '[null]', '[]'],
    ...[{ client: '' }, { client: 'canary\n' }, { client: 'c'.repeat(65) }].map((e) => apiKeys(e)),
    ...[{ scopes: [] }, { scopes: ['canary'] }, { key: 'canary' }].map((e) => apiKeys(e)),
    ...[DIGEST.toUpperCase(), DIGEST.slice(1), 'canary'].map((sha256) => apiKeys({ sha256 })),
    apiKeys({ client: 'canary-1' }, { client: 'canary-2' }),
  ],
  SLUICE_PREFIX: ['canary*', 'canary{x}', 'canary ', 'canary\n', 'c'.repeat(65)],
  SLUICE_BATCH_SIZE: ['0', '501', '-1', '1.5', '1e2', ' 5', '5\n', '0x5', 'canary', '9'.repeat(30)],
  SLUICE_DRAIN_LANES: ['0', '3'],
  SLUICE_LEASE_MS: ['999', '900001'],
  SLUICE_ATTEMPTS_MAX: ['0', '101'],
  SLUICE_QUEUE_MAX: ['0', '1500001'],
  SLUICE_SCHEDULED_MAX: ['0', '500001'],
  SLUICE_REDRIVES_PER_SECOND: ['0', '1001'],
  SLUICE_RATE_LIMIT: ['0', '1000001'],
  SLUICE_WAKE_INTERVAL_MS: ['99', '30001'],
  SLUICE_DRAIN_FUNCTION: ['canary:1', 'c'.repeat(65)],
  SLUICE_RETENTION_DAYS: ['0', '3651', '0.5'],
};
const CASES = Object.entries(WRONG).flatMap(([name, values]) =>
  values.map((value): [string, string] => [name, value]),
);

test.each(CASES)('%s may not be %j, and the message does not reveal it', (name, value) => {
  const message = faultsOf({ ...RIGHT, [name]: value });
  expect(message.match(/^- /gm)).toHaveLength(1);
  expect(message).toContain(`- ${name} is wrong: `);
  expect(message).not.toMatch(/canary|abab/);
});

test('everything that is wrong or missing is named at once', () => {
  const wrong = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
  const message = faultsOf({ ...wrong, UPSTASH_REDIS_REST_TOKEN: undefined, SLUICE_API_KEYS: '' });
  for (const name of Object.keys(WRONG)) {
    const isMissing = name === 'UPSTASH_REDIS_REST_TOKEN' || name === 'SLUICE_API_KEYS';
    expect(message).toContain(`- ${name} is ${isMissing ? 'missing' : 'wrong'}`);
  }
  expect(message.match(/^- /gm)).toHaveLength(Object.keys(WRONG).length);
});

test('what a function is not given, it does not need', () => {
  const config = readConfig({}, { redis: false, apiKeys: false });
  expect(config).toMatchObject({ redisUrl: '', redisToken: '', apiKeys: [] });
});

describe('a function in a wrong environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    [
      'submit-order',
      /REST_URL is wrong(.|\n)*REST_TOKEN is missing(.|\n)*SLUICE_API_KEYS is wrong/,
    ],
    ['drain-queue', /REST_URL is wrong(.|\n)*REST_TOKEN is missing(.|\n)*SLUICE_API_KEYS is wrong/],
    ['maintain', /REST_URL is wrong[^\n]*\n- UPSTASH_REDIS_REST_TOKEN is missing[^\n]*$/],
  ])('%s does not start, and says what is wrong', async (name, message) => {
    vi.resetModules();
    vi.stubEnv('UPSTASH_REDIS_REST_URL', 'canary');
    vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', undefined);
    vi.stubEnv('SLUICE_API_KEYS', '[');
    const started = import(`../../functions/${name}.ts`);
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.not.toThrow('canary');
  });
});
