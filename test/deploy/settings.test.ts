import { afterEach, expect, test, vi } from 'vitest';
import { ROOT } from '../support/source-files.ts';
import { deployerRole, roleTemplate } from './deployer-role.ts';

/** What `serverless.yml` is told by a file of `deploy/`, where these variables are set. */
async function told(file: string, env: Record<string, string>) {
  vi.unstubAllEnvs();
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return import(`${ROOT}/deploy/${file}.js`);
}

const stage = {
  resolveVariable: async (name: string) => (name === 'sls:stage' ? 'dev' : 'sluice'),
};

afterEach(() => {
  vi.unstubAllEnvs();
});

const CERTIFICATE = 'arn:aws:acm:eu-central-1:111122223333:certificate/0a1b';
const ISSUER = 'https://issuer.example/';

test.each([
  ['bundle', { SLUICE_PRODUCER: 'kafka' }, 'SLUICE_PRODUCER is wrong'],
  ['drain-slots', { SLUICE_DRAIN_SLOTS: '21' }, 'SLUICE_DRAIN_SLOTS is wrong'],
  ['drain-slots', { SLUICE_SCHEDULE: 'no' }, 'SLUICE_SCHEDULE is wrong'],
  ['drain-slots', { SLUICE_RESERVED: '0' }, 'SLUICE_RESERVED is wrong'],
  ['http-api', { SLUICE_THROTTLE_RATE: '0' }, 'SLUICE_THROTTLE_RATE is wrong'],
  ['http-api', { SLUICE_THROTTLE_BURST: '5001' }, 'SLUICE_THROTTLE_BURST is wrong'],
  ['http-api', { SLUICE_ROUTE_METRICS: 'yes' }, 'SLUICE_ROUTE_METRICS is wrong'],
  ['roles', { SLUICE_XRAY: 'true' }, 'SLUICE_XRAY is wrong'],
  ['roles', { SLUICE_KMS_KEY_ARN: 'alias/orders' }, 'SLUICE_KMS_KEY_ARN is wrong'],
  ['roles', { SLUICE_KMS_KEY_ARN: 'arn:aws:kms:*:111122223333:key/*' }, 'KEY_ARN is wrong'],
  ['jwt', { SLUICE_JWT_ISSUER: ISSUER }, 'go together'],
  ['jwt', { SLUICE_JWT_AUDIENCE: 'orders' }, 'go together'],
  ['jwt', { SLUICE_JWT_ISSUER: 'http://a.example', SLUICE_JWT_AUDIENCE: 'orders' }, 'https'],
  ['domain', { SLUICE_DOMAIN: 'orders.shop.example' }, 'go together'],
  ['domain', { SLUICE_CERTIFICATE_ARN: CERTIFICATE }, 'go together'],
  ['domain', { SLUICE_DOMAIN: 'https://a.b', SLUICE_CERTIFICATE_ARN: CERTIFICATE }, 'lower case'],
  ['alarms', { SLUICE_METRICS: 'none' }, 'SLUICE_METRICS is wrong'],
  ['alarms', { SLUICE_ALARM_OLDEST_ORDER_S: '30' }, 'SLUICE_ALARM_OLDEST_ORDER_S is wrong'],
  ['alarm-topic', { SLUICE_ALARM_EMAIL: 'ops' }, 'SLUICE_ALARM_EMAIL is wrong'],
  ['secrets', { SLUICE_SECRETS_PATH: 'sluice/prod' }, 'SLUICE_SECRETS_PATH is wrong'],
  ['secrets', { SLUICE_SECRETS_PATH: '/sluice/*' }, 'SLUICE_SECRETS_PATH is wrong'],
  ['secrets', { SLUICE_SECRETS_PATH: '/aws/orders' }, 'SLUICE_SECRETS_PATH is wrong'],
  ['tags', { SLUICE_TAGS: 'Team=orders' }, 'SLUICE_TAGS is wrong'],
  ['tags', { SLUICE_TAGS: '["Team"]' }, 'SLUICE_TAGS is wrong'],
  ['tags', { SLUICE_TAGS: '{"Team": 1}' }, 'SLUICE_TAGS is wrong'],
  ['tags', { SLUICE_TAGS: '{"STAGE": "x"}' }, 'SLUICE_TAGS is wrong'],
  ['tags', { SLUICE_TAGS: '{"team": "a", "Team": "b"}' }, 'SLUICE_TAGS is wrong'],
])('deploy/%s.js stops the packaging with %j', async (file, env, message) => {
  await expect(told(file, env as Record<string, string>)).rejects.toThrow(message);
});

test('sls prints no stack of a setting that is wrong', async () => {
  const fault = await told('bundle', { SLUICE_PRODUCER: 'kafka' }).catch((error) => error);
  expect(fault.stack).toBe('');
});

const OWN = { SLUICE_PRODUCER: './examples/orders-to-folder.ts' };

test('what one’s own producer reads from the Parameter Store is named by its variables', async () => {
  const wrong = { ...OWN, SLUICE_PRODUCER_SECRETS: 'ERP_TOKEN,/other/stage/TOKEN' };
  await expect(told('secrets', wrong)).rejects.toThrow('SLUICE_PRODUCER_SECRETS is wrong');
  const { secretsOf } = await told('secrets', { ...OWN, SLUICE_PRODUCER_SECRETS: ' ERP_TOKEN,' });
  expect(secretsOf('drain-queue')).toContain('ERP_TOKEN');
  expect(secretsOf('submit-order')).not.toContain('ERP_TOKEN');
});

test.each([
  { SLUICE_PRODUCER_API_TOKEN: 'a' },
  { SLUICE_PRODUCER_KEY: 'a' },
  { SLUICE_PRODUCER_URL: 'https://user:password@erp.example/' },
])('a variable that looks like a secret stops the packaging: %j', async (env) => {
  const { environments } = await told('environments', { ...OWN, ...env });
  const [name = ''] = Object.keys(env);
  await expect(environments(stage)).rejects.toThrow(name);
  await expect(environments(stage)).rejects.toThrow('SLUICE_PRODUCER_SECRETS');
  const named = { ...OWN, ...env, SLUICE_PRODUCER_SECRETS: name };
  const { environments: withSecrets } = await told('environments', named);
  expect((await withSecrets(stage))['drain-queue']).not.toHaveProperty(name);
});

test('variables of a producer that was not chosen go nowhere', async () => {
  const env = { SLUICE_WEBHOOK_URL: 'https://erp.example', SLUICE_PRODUCER_FOLDER: '/tmp' };
  const { environments } = await told('environments', env);
  expect(Object.keys((await environments(stage))['drain-queue'])).toEqual(['SLUICE_SECRETS']);
});

// With the key that AWS keeps for SSM everybody may decrypt what they may read.
test('whoever deploys from GitHub learns whether secrets are there, and not what they are', () => {
  const { policies } = deployerRole({ id: '111122223333', region: 'eu-central-1' }, ['dev']);
  expect(policies.get('deploy')).toContainEqual({
    Sid: 'NoValues',
    Effect: 'Deny',
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringEquals: { 'kms:ViaService': 'ssm.eu-central-1.amazonaws.com' } },
  });
});

test('only one environment of one repository deploys from GitHub, and touches what is its stage’s', () => {
  const { Parameters, Resources } = roleTemplate();
  const repository = new RegExp(Parameters.Repository.AllowedPattern);
  expect('shop/orders').toMatch(repository);
  expect('shop@1/orders@2').toMatch(repository);
  for (const wide of ['shop/*', 'shop/orders:ref:refs/heads/main', '*']) {
    expect(wide).not.toMatch(repository);
  }
  const subject = { 'Fn::Sub': `repo:\${Repository}:environment:\${Stage}` };
  const from = 'token.actions.githubusercontent.com';
  expect(Resources.DeployRole.Properties.AssumeRolePolicyDocument.Statement).toMatchObject([
    {
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${from}:aud`]: 'sts.amazonaws.com', [`${from}:sub`]: subject },
      },
    },
  ]);
  const { policies } = deployerRole({ id: '111122223333', region: 'eu-central-1' }, ['dev']);
  const wide = (policies.get('deploy') ?? []).filter(
    ({ Effect, Resource }) =>
      Effect === 'Allow' &&
      [Resource].flat().some((one) => !/[:/]sluice[-/]dev(?:[-/*]|$)/.test(one ?? '')),
  );
  // AWS knows no names of these.
  expect(wide).toMatchObject([{ Sid: 'Template' }, { Sid: 'Api' }, { Sid: 'LogDelivery' }]);
});
