import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environmentOf } from '../../deploy/functions.ts';
import { neededSecrets } from '../../deploy/secrets.ts';
import { readStage } from '../../deploy/stage.ts';

/** The stage `prod`, with this file and this environment. */
function stageWith({ file, env = {} }: { file?: string; env?: Record<string, string> }) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-stage-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(path.join(dir, 'stages'));
  writeFileSync(path.join(dir, 'own.ts'), '');
  if (file !== undefined) writeFileSync(path.join(dir, 'stages/prod.yml'), file);
  return readStage('prod', { env, dir });
}

const faultOf = (options: Parameters<typeof stageWith>[0]) => {
  try {
    stageWith(options);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('the environment overrides the file of a stage, and an empty variable does not', () => {
  const file = 'SLUICE_BATCH_SIZE: 200\nSLUICE_SCHEDULE: off\nSLUICE_TAGS: {Team: orders}\n';
  const stage = stageWith({ file, env: { SLUICE_BATCH_SIZE: '300', SLUICE_SCHEDULE: '' } });
  expect(stage.get('SLUICE_BATCH_SIZE')).toBe(300);
  expect(stage.get('SLUICE_SCHEDULE')).toBe('off');
  expect(stage.get('SLUICE_TAGS')).toEqual({ Team: 'orders' });
  expect(stage.get('SLUICE_LEASE_MS')).toBe(30_000);
  const sources = ['SLUICE_BATCH_SIZE', 'SLUICE_SCHEDULE', 'SLUICE_LEASE_MS'].map(stage.sourceOf);
  expect(sources).toEqual(['environment', 'file', 'default']);
});

test('a stage needs no file, and an empty one is none', () => {
  expect(stageWith({}).given).toEqual({});
  expect(stageWith({ file: '# nothing yet\n' }).given).toEqual({});
});

test.each([
  ['SLUICE_BATCH_SZIE: 1', 'stages/prod.yml: SLUICE_BATCH_SZIE is not a setting'],
  ['DATABASE_URL: postgres://a:b@c/d', 'DATABASE_URL is a secret and must not be in a file'],
  ['SLUICE_SCHEDULE: false', 'write on and off, not true and false'],
  ['- SLUICE_BATCH_SIZE', 'a setting on each line'],
  ['a: [', 'stages/prod.yml: it is not YAML'],
  ['SLUICE_BATCH_SIZE: 501', 'stages/prod.yml: SLUICE_BATCH_SIZE is wrong: it must be a whole'],
  ['SLUICE_JWT_ISSUER: https://issuer.example/', 'SLUICE_JWT_AUDIENCE go together'],
  ['SLUICE_DOMAIN: orders.shop.example', 'SLUICE_CERTIFICATE_ARN go together'],
  ['SLUICE_PRODUCER: ./missing.ts', 'there is no file ./missing.ts'],
])('a file that says %j stops whatever reads it', (file, message) => {
  expect(faultOf({ file })).toContain(message);
});

test.each([
  ['SLUICE_PRODUCER', 'kafka'],
  ['SLUICE_DRAIN_SLOTS', '21'],
  ['SLUICE_SCHEDULE', 'no'],
  ['SLUICE_RESERVED', '0'],
  ['SLUICE_COMMANDS_PER_SECOND', '99'],
  ['SLUICE_THROTTLE_RATE', '0'],
  ['SLUICE_THROTTLE_BURST', '5001'],
  ['SLUICE_KMS_KEY_ARN', 'alias/orders'],
  ['SLUICE_KMS_KEY_ARN', 'arn:aws:kms:*:111122223333:key/*'],
  ['SLUICE_PERMISSIONS_BOUNDARY', 'boundary'],
  ['SLUICE_JWT_ISSUER', 'http://a.example'],
  ['SLUICE_METRICS', 'none'],
  ['SLUICE_ALARM_OLDEST_ORDER_S', '30'],
  ['SLUICE_ALARM_EMAIL', 'ops'],
  ['SLUICE_SECRETS_NAME', '/sluice/prod'],
  ['SLUICE_SECRETS_NAME', 'sluice/*'],
  ['SLUICE_SECRETS_NAME', 'aws/orders'],
  ['SLUICE_PRODUCER_SECRETS', 'ERP_TOKEN,/other/stage/TOKEN'],
  ['SLUICE_TAGS', 'Team=orders'],
  ['SLUICE_TAGS', '["Team"]'],
  ['SLUICE_TAGS', '{"Team": 1}'],
  ['SLUICE_TAGS', '{"STAGE": "x"}'],
  ['SLUICE_TAGS', '{"team": "a", "Team": "b"}'],
  ['SLUICE_RATE_LIMIT', '-1'],
])('%s=%s is refused, and the message says what it must be', (name, value) => {
  expect(faultOf({ env: { [name]: value } })).toContain(`- ${name} is wrong: it must be `);
});

test('everything that is wrong is in one message', () => {
  const fault = faultOf({ file: 'SLUICE_FOO: 1', env: { SLUICE_BATCH_SIZE: '0' } });
  expect(fault).toMatch(/^The settings of the stage prod are wrong\.\n- .*SLUICE_FOO.*\n- .*BATCH/);
});

test.each(['Prod', 'pre-prod', '2nd', 'a'.repeat(17), '', '../prod'])(
  'a stage cannot be called %j',
  (name) => {
    expect(() => readStage(name, { env: {}, dir: '.' })).toThrow('cannot be the name of a stage');
  },
);

test('each setting reaches the functions that use it, and no other', () => {
  const env = {
    SLUICE_PRODUCER: 'webhook',
    SLUICE_WEBHOOK_URL: 'https://erp.example/',
    SLUICE_EVENTS_URL: 'https://shop.example/',
    SLUICE_EVENTS_CONCURRENCY: '7',
    SLUICE_WAKE_INTERVAL_MS: '1000',
    SLUICE_ALARM_EMAIL: 'ops@shop.example',
    SLUICE_PRODUCER_FOLDER: '/tmp',
    DATABASE_CA: '-----BEGIN CERTIFICATE-----',
  };
  const stage = stageWith({ env });
  const namesIn = (name: string) =>
    Object.keys(environmentOf(stage, name)).filter((key) => key in env);
  expect(namesIn('get-order')).toEqual(['SLUICE_EVENTS_URL']);
  expect(namesIn('submit-order')).toEqual(['SLUICE_EVENTS_URL', 'SLUICE_WAKE_INTERVAL_MS']);
  expect(namesIn('announce-events')).toEqual(['SLUICE_EVENTS_URL', 'SLUICE_EVENTS_CONCURRENCY']);
  expect(namesIn('drain-queue')).toEqual([
    'SLUICE_WEBHOOK_URL',
    'SLUICE_EVENTS_URL',
    'SLUICE_WAKE_INTERVAL_MS',
  ]);
});

test.each([
  'https://hooks.example/services/T0A1B2C3/xoxb17f3a9c0d4e5f6a7b8c9',
  'https://shop.example/events?token=abc',
  'https://shop.example/events?code=1',
  'https://shop.example/events?x=0123456789abcdef0123456789abcdef',
])('a token in the URL %s stops whatever reads the stage, and is not told', (url) => {
  for (const name of ['SLUICE_EVENTS_URL', 'SLUICE_WEBHOOK_URL']) {
    const fault = faultOf({ env: { [name]: url } });
    expect(fault).toContain(`secrets put ${name}_TOKEN`);
    expect(fault).not.toContain(url);
  }
});

test('the token of a URL is a secret of whoever calls it', () => {
  const env = {
    SLUICE_PRODUCER: 'webhook',
    SLUICE_WEBHOOK_URL: 'https://erp.example/orders/{token}',
    SLUICE_EVENTS_URL: 'https://shop.example/a-path-without-any-token/v2?key={token}',
  };
  expect(neededSecrets(stageWith({ env }))['sluice/prod/downstream']).toEqual([
    ...['SLUICE_WEBHOOK_SECRETS', 'SLUICE_EVENTS_SECRETS'],
    ...['SLUICE_WEBHOOK_URL_TOKEN', 'SLUICE_EVENTS_URL_TOKEN'],
  ]);
});

const OWN = { SLUICE_PRODUCER: './own.ts' };

test('the secrets of a producer of your own are kept apart from those that every function reads', () => {
  const env = { ...OWN, SLUICE_PRODUCER_SECRETS: ' ERP_TOKEN, ERP_USER ' };
  expect(neededSecrets(stageWith({ env }))).toEqual({
    'sluice/prod': ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'SLUICE_API_KEYS'],
    'sluice/prod/downstream': ['ERP_TOKEN', 'ERP_USER'],
  });
});

test.each([
  { SLUICE_PRODUCER_API_TOKEN: 'a' },
  { SLUICE_PRODUCER_KEY: 'a' },
  { SLUICE_PRODUCER_URL: 'https://user:password@erp.example/' },
])('a variable that looks like a secret stops whatever reads the stage: %j', (variable) => {
  const [name = ''] = Object.keys(variable);
  const env = { ...OWN, ...variable };
  expect(faultOf({ env })).toContain(`${name} looks like a secret`);
  const named = stageWith({ env: { ...env, SLUICE_PRODUCER_SECRETS: name } });
  expect(named.given).not.toHaveProperty(name);
  // Of a producer that was not chosen, nothing is taken from the shell.
  expect(stageWith({ env: { ...variable } }).given).toEqual({});
});
