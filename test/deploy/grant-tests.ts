import { expect, test } from 'vitest';
import { FUNCTIONS } from '../support/source-files.ts';
import { deployedFunction } from './rules.ts';
import { resourcesOf, type Template } from './template.ts';
import { VARIANTS, type Variant } from './variants.ts';

const READS = 'secretsmanager:GetSecretValue on ';
const KEEPS_FAILURES = 'sqs:SendMessage on FailureQueue.Arn';

/** What a function may do apart from writing its log. */
function grantsOfFunction(template: Template, name: string): string[] {
  const { grants } = deployedFunction(template, name);
  return grants.filter((grant) => !grant.startsWith('logs:'));
}

/** What each function may do, to the last resource. */
export function testGrants(templateOf: (variant: Variant) => Template): void {
  const functionOf = (variant: Variant, name: string) =>
    deployedFunction(templateOf(variant), name);
  const grantsIn = (variant: Variant, name: string) => grantsOfFunction(templateOf(variant), name);

  test('as it comes, each function reads one secret and does nothing else', () => {
    const scheduled = ['drain-queue', 'announce-events', 'maintain'];
    const functions = resourcesOf(templateOf('as it comes'), 'AWS::Lambda::Function');
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const [, { Properties }] of functions) {
      const name = String(Properties.Handler).replace(/^functions\/|\.handler$/g, '');
      const expected = [
        `${READS}sluice/dev`,
        ...(scheduled.includes(name) ? [KEEPS_FAILURES] : []),
      ];
      expect(grantsIn('as it comes', name), name).toEqual(expected);
    }
  });

  test('with every option, each function may do what its options ask for', () => {
    const { SLUICE_KMS_KEY_ARN } = VARIANTS['with every option'].env;
    const arn = `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret`;
    const reads = (...names: string[]) => {
      const condition = JSON.stringify({
        StringEquals: {
          'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}` },
        },
        StringLike: {
          'kms:EncryptionContext:SecretARN': names.map((name) => ({
            'Fn::Sub': `${arn}:${name}-??????`,
          })),
        },
      });
      const decrypts = `kms:Decrypt on ${SLUICE_KMS_KEY_ARN} if ${condition}`;
      return [...names.map((name) => `${READS}${name}`), decrypts];
    };
    const wakes = 'lambda:InvokeFunction on DrainDashqueueLambdaFunction.Arn';
    const both = ['sluice/prod', 'sluice/prod/downstream'];
    const expected = {
      'submit-order': [...reads('sluice/prod'), wakes],
      'submit-batch': [...reads('sluice/prod'), wakes],
      stats: reads('sluice/prod'),
      'drain-queue': [...reads(...both), KEEPS_FAILURES],
      'announce-events': [...reads(...both), KEEPS_FAILURES],
    };
    for (const [name, grants] of Object.entries(expected)) {
      expect(grantsIn('with every option', name), name).toEqual(grants);
    }
  });

  test('what a producer reads, only the drain and the announcer may read', () => {
    const variant = 'with your own producer';
    expect(functionOf(variant, 'drain-queue').env).toMatchObject({
      SLUICE_SECRETS: 'shop/orders,shop/orders/downstream',
      SLUICE_PRODUCER_FOLDER: '/tmp',
    });
    expect(functionOf(variant, 'stats').env).toMatchObject({ SLUICE_SECRETS: 'shop/orders' });
    expect(functionOf(variant, 'stats').env).not.toHaveProperty('SLUICE_PRODUCER_FOLDER');
    const postgres = functionOf('with nothing that runs by itself', 'drain-queue').env;
    expect(postgres.SLUICE_SECRETS).toBe('sluice/dev,sluice/dev/downstream');
    expect(postgres.DATABASE_CA).toBe('-----BEGIN CERTIFICATE-----');
  });

  test('with a permissions boundary, every role has it', () => {
    const { SLUICE_PERMISSIONS_BOUNDARY } = VARIANTS['with your own producer'].env;
    const roles = resourcesOf(templateOf('with your own producer'), 'AWS::IAM::Role');
    expect(roles).toHaveLength(FUNCTIONS.length);
    for (const [id, { Properties }] of roles) {
      expect(Properties.PermissionsBoundary, id).toBe(SLUICE_PERMISSIONS_BOUNDARY);
    }
  });
}
