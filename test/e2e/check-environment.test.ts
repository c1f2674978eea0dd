import { afterEach, expect, test, vi } from 'vitest';
import { functionEnvironment } from '../support/functions.ts';
import { ROOT } from '../support/source-files.ts';

/** What `sls deploy` does before anything is uploaded, in this environment. */
async function check(env: Record<string, string>): Promise<void> {
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { default: CheckEnvironment } = await import(`${ROOT}/deploy/check-environment.js`);
  await new CheckEnvironment().hooks['before:deploy:deploy']();
}

afterEach(() => {
  vi.unstubAllEnvs();
});

const WEBHOOK = {
  SLUICE_PRODUCER: 'webhook',
  SLUICE_WEBHOOK_URL: 'https://erp.example/orders',
  SLUICE_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
};

test('a deployment with a right environment goes on', async () => {
  await check(functionEnvironment());
  await check({ ...functionEnvironment(), ...WEBHOOK });
  await check({ ...functionEnvironment(), SLUICE_PRODUCER: './examples/orders-to-folder.ts' });
});

test('a deployment stops where a variable of the functions is missing', async () => {
  await expect(check({ ...functionEnvironment(), SLUICE_API_KEYS: '' })).rejects.toThrow(
    'SLUICE_API_KEYS is missing',
  );
});

test('a deployment stops where a variable of its producer is wrong', async () => {
  const env = { ...functionEnvironment(), ...WEBHOOK };
  await expect(check({ ...env, SLUICE_WEBHOOK_URL: 'http://erp.example/' })).rejects.toThrow(
    'SLUICE_WEBHOOK_URL is wrong',
  );
});

test('a deployment stops where the database of its producer is not told', async () => {
  const env = { ...functionEnvironment(), SLUICE_PRODUCER: 'postgres' };
  await check({ ...env, DATABASE_URL: 'postgres://user:password@host/shop' });
  await expect(check({ ...env, DATABASE_URL: '' })).rejects.toThrow('DATABASE_URL is missing');
});

test('a deployment stops where a variable of the announcer is missing', async () => {
  const env = { ...functionEnvironment(), SLUICE_EVENTS_URL: 'https://shop.example/events' };
  await expect(check(env)).rejects.toThrow('SLUICE_EVENTS_SECRETS is missing');
  await check({ ...env, SLUICE_EVENTS_SECRETS: WEBHOOK.SLUICE_WEBHOOK_SECRETS });
});

test('the announcer has a schedule where a URL is set', async () => {
  const events = async () => {
    vi.resetModules();
    return (await import(`${ROOT}/deploy/events.js`)).events;
  };
  expect(await events()).toEqual([]);
  vi.stubEnv('SLUICE_EVENTS_URL', 'https://shop.example/events');
  expect(await events()).toEqual([{ schedule: { rate: 'rate(1 minute)', enabled: true } }]);
});
