import { describe, expect, test } from 'vitest';
import { readWebhookSettings } from '../../lib/producers/webhook/webhook-settings.ts';
import { ConfigError } from '../../lib/settings.ts';

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 'canary').toString('base64')}`;
const RIGHT = {
  SLUICE_WEBHOOK_URL: 'https://erp.example/orders?x=1',
  SLUICE_WEBHOOK_SECRETS: secretOf(32),
};

function faultsOf(env: Record<string, string | undefined>): string {
  try {
    readWebhookSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The environment was taken.');
}

test('a right environment is read, with defaults for what may be left out', () => {
  expect(readWebhookSettings(RIGHT)).toEqual({
    url: new URL('https://erp.example/orders?x=1'),
    isPrivateAllowed: false,
    secrets: [Buffer.alloc(32, 'canary')],
    mode: 'order',
    isJsonRequired: false,
    isErasing: false,
    concurrency: 10,
    timeoutMs: 15_000,
  });
});

test('the token of a URL comes from a secret, and is told where it is missing or wrong', () => {
  const env = { ...RIGHT, SLUICE_WEBHOOK_URL: 'https://erp.example/hook/{token}?k={token}' };
  const { url } = readWebhookSettings({ ...env, SLUICE_WEBHOOK_URL_TOKEN: 'T0/$&x' });
  expect(url.href).toBe('https://erp.example/hook/T0/$&x?k=T0/$&x');
  expect(faultsOf(env)).toContain('SLUICE_WEBHOOK_URL_TOKEN is missing');
  const wrong = { ...env, SLUICE_WEBHOOK_URL_TOKEN: 'canary canary' };
  expect(faultsOf(wrong)).toMatch(/^(?!.*canary).*SLUICE_WEBHOOK_URL_TOKEN is wrong/s);
});

test.each([' ', ',', ', ', '\n'])('secrets and hosts may be separated by %j', (separator) => {
  const settings = readWebhookSettings({
    SLUICE_WEBHOOK_URL: 'http://localhost:8080/',
    SLUICE_WEBHOOK_SECRETS: [secretOf(24), secretOf(64)].join(separator),
    SLUICE_WEBHOOK_ALLOW_PRIVATE: ['erp.internal', 'LOCALHOST'].join(separator),
  });
  expect(settings.secrets.map(({ length }) => length)).toEqual([24, 64]);
  expect(settings.isPrivateAllowed).toBe(true);
});

test.each([
  ['http://localhost/', 'localhost'],
  ['http://127.0.0.1:80/', '127.1'],
  ['https://[::1]/', '[0:0::1]'],
  ['http://10.1.2.3/', 'erp.internal,10.1.2.3'],
])('%s may be where %j is allowed', (url, allowed) => {
  const env = { ...RIGHT, SLUICE_WEBHOOK_URL: url, SLUICE_WEBHOOK_ALLOW_PRIVATE: allowed };
  expect(readWebhookSettings(env)).toMatchObject({ isPrivateAllowed: true });
});

test('a host is allowed by its own name alone', () => {
  const env = { ...RIGHT, SLUICE_WEBHOOK_ALLOW_PRIVATE: 'example,erp.example.com,xerp.example' };
  expect(readWebhookSettings(env)).toMatchObject({ isPrivateAllowed: false });
});

const WRONG: Record<string, string[]> = {
  SLUICE_WEBHOOK_URL: [
    'canary.example',
    'ftp://canary.example/',
    'http://canary.example/',
    'http://localhost/canary',
    'https://canary:pw@erp.example/',
    'https://canary@erp.example/',
    'https://@erp.example/canary',
    'https://erp.example/#canary',
    'https://erp.example/ canary',
    'https://erp.example:canary/',
    'https:canary',
    'https://127.0.0.1/canary',
    'https://127.1/canary',
    'https://2130706433/canary',
    'https://0x7f000001/canary',
    'https://0x7f.1/canary',
    'https://017700000001/canary',
    'https://0177.0.0.01/canary',
    'https://①②⑦.⓪.⓪.①/canary',
    'https://169.254.169.254/canary',
    'https://[::1]/canary',
    'https://[::ffff:127.0.0.1]/canary',
    'https://[::ffff:7f00:1]/canary',
    'https://[fd00::1]/canary',
    'https://[fe80::1]/canary',
    'https://[64:ff9b::7f00:1]/canary',
    'https://0/canary',
  ],
  SLUICE_WEBHOOK_SECRETS: [
    'canary',
    'whsec_',
    'whsec_canary!',
    `whsk_${Buffer.alloc(32, 'canary').toString('base64')}`,
    secretOf(23),
    secretOf(65),
    `${secretOf(32)} canary`,
    `${secretOf(32).slice(0, -2)}9=`,
    ' ',
    ',',
  ],
  SLUICE_WEBHOOK_MODE: ['canary', 'Order', 'orders'],
  SLUICE_WEBHOOK_CONCURRENCY: ['0', '101', 'canary'],
  SLUICE_WEBHOOK_TIMEOUT_MS: ['99', '50001', '1e4'],
  SLUICE_WEBHOOK_ALLOW_PRIVATE: [
    'http://canary',
    'canary:80',
    'canary/path',
    'user@canary',
    '*.canary ?',
    '[canary]',
    ',',
  ],
};

describe.each(Object.entries(WRONG))('%s', (name, values) => {
  test.each(values)('may not be %j, and the message does not tell it', (value) => {
    const message = faultsOf({ ...RIGHT, [name]: value });
    expect(message.match(/^- /gm)).toHaveLength(1);
    expect(message).toContain(`- ${name} is wrong: `);
    expect(message).not.toMatch(/canary|Y2FuYX/);
  });
});

test('every variable that is missing or wrong is named at once', () => {
  const wrong = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
  const message = faultsOf({ ...wrong, SLUICE_WEBHOOK_SECRETS: undefined });
  expect(message).toContain('- SLUICE_WEBHOOK_SECRETS is missing: ');
  expect(message.match(/^- /gm)).toHaveLength(Object.keys(WRONG).length);
});
