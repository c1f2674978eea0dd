import { expect, test } from 'vitest';
import { deployedFunction } from './rules.ts';
import type { Template } from './template.ts';
import { VARIANTS, type Variant } from './variants.ts';

const inPath = (path: string, ...names: string[]) => names.map((name) => `${path}/${name}`);
const REDIS = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'];
const READS = 'ssm:GetParameters on ';
const KEEPS_FAILURES = 'sqs:SendMessage on FailureQueue.Arn';

/** What a function may do besides writing its log. */
function grantsOfFunction(template: Template, name: string): string[] {
  const { grants } = deployedFunction(template, name);
  return grants.filter((grant) => !grant.startsWith('logs:'));
}

/** What each function may do, to the last resource. */
export function testGrants(templateOf: (variant: Variant) => Template): void {
  const functionOf = (variant: Variant, name: string) =>
    deployedFunction(templateOf(variant), name);
  const grantsIn = (variant: Variant, name: string) => grantsOfFunction(templateOf(variant), name);

  test('as it comes, each function may do this and nothing else', () => {
    const redis = inPath(`${READS}/sluice/dev`, ...REDIS);
    const key = `${READS}/sluice/dev/SLUICE_API_KEYS`;
    const usual = ['submit-order', 'submit-batch', 'get-order', 'cancel-order', 'list-orders'];
    for (const name of [
      ...usual,
      'dead-letters',
      'redrive-order',
      'redrive-dead-letters',
      'stats',
    ]) {
      expect(grantsIn('as it comes', name), name).toEqual([...redis, key]);
    }
    expect(grantsIn('as it comes', 'openapi')).toEqual([key]);
    expect(grantsIn('as it comes', 'drain-queue')).toEqual([...redis, key, KEEPS_FAILURES]);
    expect(grantsIn('as it comes', 'announce-events')).toEqual([...redis, KEEPS_FAILURES]);
    expect(grantsIn('as it comes', 'maintain')).toEqual([...redis, KEEPS_FAILURES]);
  });

  test('with every option, each function may do what its options ask for', () => {
    const { SLUICE_KMS_KEY_ARN } = VARIANTS['with every option'].env;
    const traces = ['xray:PutTraceSegments on *', 'xray:PutTelemetryRecords on *'];
    const reads = (...names: string[]) => {
      const parameters = inPath('/sluice/prod', ...names);
      const arn = `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter`;
      const condition = JSON.stringify({
        StringEquals: {
          'kms:ViaService': { 'Fn::Sub': `ssm.\${AWS::Region}.\${AWS::URLSuffix}` },
          'kms:EncryptionContext:PARAMETER_ARN': parameters.map((name) => ({
            'Fn::Sub': `${arn}${name}`,
          })),
        },
      });
      const decrypts = `kms:Decrypt on ${SLUICE_KMS_KEY_ARN} if ${condition}`;
      return [...parameters.map((name) => `${READS}${name}`), decrypts];
    };
    const wakes = 'lambda:InvokeFunction on DrainDashqueueLambdaFunction.Arn';
    const expected = {
      'submit-order': [...reads(...REDIS), wakes, ...traces],
      'submit-batch': [...reads(...REDIS), wakes, ...traces],
      stats: [...reads(...REDIS), ...traces],
      // Nobody has an API key.
      openapi: traces,
      'drain-queue': [...reads(...REDIS, 'SLUICE_WEBHOOK_SECRETS'), KEEPS_FAILURES, ...traces],
      'announce-events': [...reads(...REDIS, 'SLUICE_EVENTS_SECRETS'), KEEPS_FAILURES, ...traces],
    };
    for (const [name, grants] of Object.entries(expected)) {
      expect(grantsIn('with every option', name), name).toEqual(grants);
    }
  });

  test('a producer’s secrets are read by the drain alone, from the path that is set', () => {
    const own = ['SLUICE_PRODUCER_ERP_PASSWORD', 'ERP_TOKEN'];
    const http = [...REDIS, 'SLUICE_API_KEYS'];
    const variant = 'with a producer of one’s own';
    expect(functionOf(variant, 'drain-queue').env).toMatchObject({
      SLUICE_SECRETS: inPath('/shop/orders', ...http, ...own).join(),
      SLUICE_PRODUCER_FOLDER: '/tmp',
    });
    expect(functionOf(variant, 'stats').env).toMatchObject({
      SLUICE_SECRETS: inPath('/shop/orders', ...http).join(),
    });
    expect(functionOf(variant, 'stats').env).not.toHaveProperty('SLUICE_PRODUCER_FOLDER');
    const postgres = functionOf('with nothing that runs by itself', 'drain-queue').env;
    expect(postgres.SLUICE_SECRETS).toBe(inPath('/sluice/dev', ...http, 'DATABASE_URL').join());
    expect(postgres.DATABASE_CA).toBe('-----BEGIN CERTIFICATE-----');
  });
}
