import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import { FUNCTIONS } from '../support/source-files.ts';
import { testAlarms } from './alarm-tests.ts';
import { testDashboard } from './dashboard-tests.ts';
import { KNOWN_TYPES } from './deployer-needs.ts';
import { testGrants } from './grant-tests.ts';
import { testOptions } from './option-tests.ts';
import { type Packaged, packaged } from './packaging.ts';
import { schemaFaults } from './resource-schemas.ts';
import {
  circles,
  danglingReferences,
  deployedFunction,
  functionFaults,
  invokedLater,
  openRoutes,
  unseenFailures,
} from './rules.ts';
import { wideGrants } from './statements.ts';
import { resourcesOf } from './template.ts';
import { CANARY, VARIANTS, type Variant } from './variants.ts';

const VARIANT_NAMES = Object.keys(VARIANTS) as Variant[];
const packages = {} as Record<Variant, Packaged>;

beforeAll(async () => {
  const one = async (name: Variant) => {
    const { env, flags } = VARIANTS[name];
    packages[name] = await packaged(env, { flags });
  };
  await Promise.all(VARIANT_NAMES.map(one));
}, 240_000);

const resources = (variant: Variant, type: string) =>
  resourcesOf(packages[variant].template, type).map(([, { Properties }]) => Properties);
const functionOf = (variant: Variant, name: string) =>
  deployedFunction(packages[variant].template, name);

describe.each(VARIANT_NAMES)('packaged %s', (variant) => {
  test('the templates are as AWS’s schemas have them', () => {
    expect(schemaFaults(packages[variant].template)).toEqual([]);
    expect(schemaFaults(packages[variant].firstTemplate)).toEqual([]);
  });

  test('everything that is referred to is there, and nothing needs itself', () => {
    expect(danglingReferences(packages[variant].template)).toEqual([]);
    expect(circles(packages[variant].template)).toEqual([]);
  });

  test('what a deployer needs for each resource is known', () => {
    const types = Object.values(packages[variant].template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => !KNOWN_TYPES.includes(type))).toEqual([]);
  });

  test('nothing is allowed on everything, or to everybody', () => {
    expect(wideGrants(packages[variant].template)).toEqual([]);
  });

  test('every function has what each must have', () => {
    expect(resources(variant, 'AWS::Lambda::Function')).toHaveLength(FUNCTIONS.length);
    expect(functionFaults(packages[variant].template)).toEqual([]);
  });

  test('every route asks for a scope, and a failure that nobody waits for is kept', () => {
    const routes = resources(variant, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey);
    expect(routes.toSorted()).toEqual(Object.keys(OPERATIONS).sort());
    expect(openRoutes(packages[variant].template)).toEqual([]);
    expect(invokedLater(packages[variant].template)).not.toEqual([]);
    expect(unseenFailures(packages[variant].template)).toEqual([]);
  });

  test('each function is given the names of the secrets that its role may read, and no value', () => {
    for (const { Handler } of resources(variant, 'AWS::Lambda::Function')) {
      const name = String(Handler).replace(/^functions\/|\.handler$/g, '');
      const { env, grants } = functionOf(variant, name);
      const readable = grants
        .filter((grant) => grant.startsWith('secretsmanager:'))
        .map((grant) => grant.replace('secretsmanager:GetSecretValue on ', ''));
      expect(env.SLUICE_SECRETS?.split(',').filter(Boolean), name).toEqual(readable);
      const secret = /^(UPSTASH_REDIS_REST_(URL|TOKEN)|SLUICE_API_KEYS|DATABASE_URL|\w+_SECRETS)$/;
      const leaked = Object.keys(env).filter((variable) => secret.test(variable));
      expect(leaked).toEqual(['SLUICE_SECRETS']);
    }
  });

  test('no value of a secret is in anything that was packaged, not in base64 or as a digest either', () => {
    const { files } = packages[variant];
    expect(files.length).toBeGreaterThan(2 * FUNCTIONS.length);
    const values = [
      CANARY,
      ...Object.values(VARIANTS[variant].env).filter((v) => v.includes(CANARY)),
    ];
    const forms = values.flatMap((value) => {
      const sha256 = createHash('sha256').update(value).digest();
      const base64 = Buffer.from(value)
        .toString('base64')
        .replace(/.{0,2}=*$/, '');
      return [value, base64, sha256.toString('hex'), sha256.toString('base64')];
    });
    const found = files.filter(({ text }) => forms.some((form) => text.includes(form)));
    expect(found.map(({ name }) => name)).toEqual([]);
  });

  test('the queue of failures and the bucket are encrypted and reached by TLS alone', () => {
    expect(resources(variant, 'AWS::SQS::Queue')).toMatchObject([
      { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
    ]);
    const denied = { Effect: 'Deny', Principal: '*' };
    const [queuePolicy] = resources(variant, 'AWS::SQS::QueuePolicy');
    expect(queuePolicy).toMatchObject({
      PolicyDocument: {
        Statement: [{ ...denied, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
    const [bucket] = resources(variant, 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
    });
    expect(JSON.stringify(bucket)).toContain('"SSEAlgorithm":"AES256"');
    const [bucketPolicy] = resources(variant, 'AWS::S3::BucketPolicy');
    expect(bucketPolicy).toMatchObject({
      PolicyDocument: {
        Statement: [{ ...denied, Condition: { Bool: { 'aws:SecureTransport': false } } }],
      },
    });
  });
});

const templateOf = (variant: Variant) => packages[variant].template;

describe('what functions may do', () => testGrants(templateOf));

describe('options', () => testOptions(templateOf));

describe('alarms', () => testAlarms(templateOf));

describe('the dashboard', () => testDashboard(templateOf));

// By itself osls labels a stack with STAGE. IAM takes that for Stage, and refuses a role with both.
test('the stack hands its labels down to all that is in it, and none in two cases', () => {
  const { files } = packages['with every option'];
  const state = files.find(({ name }) => name === 'serverless-state.json');
  const { provider } = JSON.parse(state?.text ?? '').service;
  expect(provider.stackTags).toEqual(provider.tags);
  const labels = { Project: 'sluice', Stage: 'prod', ManagedBy: 'serverless', Team: 'orders' };
  expect(provider.stackTags).toEqual(labels);
});
