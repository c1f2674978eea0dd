import { expect, onTestFinished, test, vi } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { localApiKeys } from '../../local/api-keys.ts';

const ALL = { redis: true, apiKeys: true };
const KEYS = [{ client: 'shop', scopes: ['orders:read'], sha256: 'ab'.repeat(32) }];
const RIGHT = {
  UPSTASH_REDIS_REST_URL: 'https://canary.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'canary-token',
  SLUICE_API_KEYS: JSON.stringify(KEYS),
};
const messageFor = (env: Record<string, string | undefined>) => {
  try {
    return readConfig(env, ALL) && 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

test('a right environment is read, with defaults for what is left out or empty', () => {
  expect(readConfig({ ...RIGHT, SLUICE_BATCH_SIZE: '' }, ALL)).toMatchObject({
    ...{ redisUrl: 'https://canary.upstash.io', redisToken: 'canary-token', apiKeys: KEYS },
    ...{ tokens: undefined, stage: 'local', prefix: '', batchSize: 500, lanes: 2, leaseMs: 30_000 },
    ...{ attemptsMax: 24, queueMax: 1_000_000, scheduledMax: 100_000, redrivesPerSecond: 100 },
    ...{ isAnnounced: false, rateLimit: 0, wakeIntervalMs: 0, retentionDays: 30 },
    deadRetentionDays: 0,
  });
});

const apiKeys = (...entries: object[]) =>
  JSON.stringify(entries.map((entry) => ({ ...KEYS[0], client: 'canary', ...entry })));

/** For each variable what it must not be, and for numbers their limits. */
const WRONG: Record<string, string[]> = {
  UPSTASH_REDIS_REST_URL: [
    ...['canary.upstash.io', 'redis://canary:6379', 'https://', 'https://canary:pw@x.upstash.io'],
    ...[
      'https://x.upstash.io/?canary',
      'https://x.upstash.io\ncanary',
      ' https://canary.upstash.io',
      ...['http://canary.upstash.io', 'http://localhost.canary', 'http://127.0.0.1@canary/'],
    ],
  ],
  UPSTASH_REDIS_REST_TOKEN: ['canary token', 'canary\n', 'canäry'],
  SLUICE_API_KEYS: [
    ...['canary', '{"canary":1}', '[null]', '[]', apiKeys({ client: 'canary\n' })],
    ...[apiKeys({ scopes: [] }), apiKeys({ scopes: ['canary'] }), apiKeys({ key: 'canary' })],
    ...[apiKeys({ sha256: 'AB'.repeat(32) }), apiKeys({}, { client: 'canary-2' })],
  ],
  SLUICE_PREFIX: ['canary*', 'canary{x}', 'canary ', 'c'.repeat(65)],
  SLUICE_BATCH_SIZE: ['0', '501', '-1', '1.5', '1e2', ' 5', '5\n', '0x5', 'canary'],
  SLUICE_DRAIN_LANES: ['0', '3'],
  SLUICE_LEASE_MS: ['999', '900001'],
  SLUICE_ATTEMPTS_MAX: ['0', '101'],
  SLUICE_QUEUE_MAX: ['0', '1500001'],
  SLUICE_SCHEDULED_MAX: ['0', '500001'],
  SLUICE_RATE_LIMIT: ['0', '1000001'],
  SLUICE_WAKE_INTERVAL_MS: ['99', '30001'],
  SLUICE_RETENTION_DAYS: ['0', '3651'],
  SLUICE_DEAD_RETENTION_DAYS: ['0', '3651'],
};

test('a stage takes no key of the local stack, and the local stack does', () => {
  const SLUICE_API_KEYS = localApiKeys();
  expect(messageFor({ ...RIGHT, SLUICE_API_KEYS })).toBe('accepted');
  const one = JSON.stringify([KEYS[0], JSON.parse(SLUICE_API_KEYS)[4]]);
  const stage = { ...RIGHT, SLUICE_API_KEYS: one, SLUICE_SECRETS: 'sluice/prod' };
  expect(messageFor(stage)).toContain('SLUICE_API_KEYS is wrong: it has a key of the local stack');
});

test.each(Object.entries(WRONG))('%s is refused without being quoted', (name, values) => {
  for (const value of values) {
    const message = messageFor({ ...RIGHT, [name]: value });
    expect([value, message.match(/^- /gm)]).toEqual([value, ['- ']]);
    expect(message).toContain(`- ${name} is wrong: `);
    expect(message).not.toMatch(/canary|abab/);
  }
});

test('everything that is wrong or missing is named at once, and only what is needed', () => {
  const wrong = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
  const message = messageFor({ ...wrong, UPSTASH_REDIS_REST_TOKEN: undefined });
  expect(message.match(/^- \w+ is wrong/gm)).toHaveLength(Object.keys(WRONG).length - 1);
  expect(message).toContain('- UPSTASH_REDIS_REST_TOKEN is missing');
  expect(readConfig({}, { redis: false, apiKeys: false })).toMatchObject({ redisUrl: '' });
});

test.each([
  ['submit-order', /REST_URL is wrong(.|\n)*REST_TOKEN is missing(.|\n)*SLUICE_API_KEYS is wrong/],
  ['maintain', /REST_URL is wrong[^\n]*\n- UPSTASH_REDIS_REST_TOKEN is missing[^\n]*$/],
])('the function %s does not start in a wrong environment, and says why', async (name, message) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.resetModules();
  vi.stubEnv('UPSTASH_REDIS_REST_URL', 'canary');
  vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', undefined);
  vi.stubEnv('SLUICE_API_KEYS', '[');
  const started = import(`../../functions/${name}.ts`);
  await expect(started).rejects.toThrow(message);
  await expect(started).rejects.not.toThrow('canary');
});
