import { AwsClient } from 'aws4fetch';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { keepVariables } from '../../support/secrets-manager.ts';
import { type Account, giveCredentials } from './account.ts';
import { startAws } from './aws.ts';
import { isAllowed } from './policies.ts';
import { ADMIN, accountWith, deployStack, functionResources } from './stack.ts';
import { deleteStack } from './stacks.ts';
import { readTemplate } from './template.ts';

const LOG = { Type: 'AWS::Logs::LogGroup' };

let account: Account;
beforeEach(() => {
  account = accountWith('export const handler = () => 1;');
});

/** Why the stack is not what was asked for: the first resource that failed. */
function whyFailed(resources: Record<string, unknown>): string | undefined {
  const { status, events } = deployStack(account, resources);
  expect(status).toMatch(/ROLLBACK_COMPLETE$/);
  return events.find((event) => /(CREATE|UPDATE)_FAILED/.test(event.status))?.reason;
}

describe('a template', () => {
  const faultOf = (resources: object) => () =>
    readTemplate(JSON.stringify({ Resources: resources }));
  const groupNamed = (name: unknown) => ({ ...LOG, Properties: { LogGroupName: name } });

  test.each([
    ['Ref', { Ref: 'B' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['B', 'Arn'] }],
    ['Fn::Sub', { 'Fn::Sub': `a/\${B.Arn}` }],
    ['Ref in a Fn::Join', { 'Fn::Join': ['', ['a', { Ref: 'B' }]] }],
  ])('is refused where a %s leads nowhere', (_, name) => {
    expect(faultOf({ A: groupNamed(name) })).toThrow('Unresolved resource dependencies [B]');
    expect(faultOf({ A: groupNamed(name), B: LOG })).not.toThrow();
  });

  test('is refused where DependsOn leads nowhere', () => {
    expect(faultOf({ A: { ...LOG, DependsOn: 'B' } })).toThrow('dependencies [B]');
  });

  test('is refused where an attribute is asked for that there is not', () => {
    const name = { 'Fn::GetAtt': ['B', 'Size'] };
    expect(faultOf({ A: groupNamed(name), B: LOG })).toThrow('Requested attribute Size');
  });

  test('is refused where resources need each other', () => {
    const resources = {
      A: groupNamed({ Ref: 'B' }),
      B: { ...LOG, DependsOn: ['C'] },
      C: groupNamed({ Ref: 'A' }),
    };
    expect(faultOf(resources)).toThrow('Circular dependency between resources: [A, B, C]');
  });

  test('is refused where a type is not known', () => {
    expect(faultOf({ A: { Type: 'AWS::Logs::Group' } })).toThrow('AWS::Logs::Group');
  });
});

describe('a stack', () => {
  test('is undone where one of its resources fails, and says which and why', () => {
    account.buckets.get('code')?.clear();
    expect(whyFailed(functionResources())).toContain('S3 Error Code: NoSuchKey');
    expect([account.roles.size, account.logGroups.size, account.functions.size]).toEqual([0, 0, 0]);
  });

  test('is as it was where an update fails', () => {
    deployStack(account, functionResources({ Timeout: 7 }));
    expect(whyFailed(functionResources({ Timeout: 901 }))).toContain('timeout');
    expect(account.functions.get('fn')?.timeoutMs).toBe(7_000);
  });

  test('loses what its template no longer has', () => {
    deployStack(account, { ...functionResources(), Other: LOG });
    deployStack(account, functionResources());
    expect([...account.logGroups.keys()]).toEqual(['/aws/lambda/fn']);
  });

  test('is not deleted as long as its bucket holds something', () => {
    const stack = deployStack(account, { Bucket: { Type: 'AWS::S3::Bucket' } });
    const bucket = account.buckets.get(stack.resources.get('Bucket')?.physicalId ?? '');
    bucket?.set('a', { bytes: Buffer.from('a'), headers: {}, modifiedAt: '' });
    deleteStack({ account, stack, caller: ADMIN });
    expect(stack.status).toBe('DELETE_FAILED');
    bucket?.clear();
    deleteStack({ account, stack, caller: ADMIN });
    expect([account.stacks.size, account.buckets.size]).toEqual([0, 1]);
  });
});

describe('a function', () => {
  const withVariables = (Variables: object) => functionResources({ Environment: { Variables } });

  test.each([
    ['more than 4 KB of environment', withVariables({ A: 'a'.repeat(4_096) }), '4KB limit'],
    ['a variable of Lambda’s own', withVariables({ AWS_REGION: 'a' }), 'reserved keys: AWS_REGION'],
    ['a variable that is no text', withVariables({ A: 1 }), 'A is no string'],
    ['no such role', functionResources({ Role: 'arn:aws:iam::1:role/none' }), 'does not exist'],
    [
      'all of the concurrency',
      functionResources({ ReservedConcurrentExecutions: 950 }),
      'UnreservedConcurrentExecution below its minimum value of [100]',
    ],
  ])('is not made with %s', (_, resources, why) => {
    expect(whyFailed(resources)).toContain(why);
  });

  test('is not made with a role that Lambda may not take on', () => {
    const { Role, ...rest } = functionResources();
    const Properties = { AssumeRolePolicyDocument: { Statement: [] } };
    expect(whyFailed({ ...rest, Role: { ...Role, Properties } })).toContain('cannot be assumed');
  });

  test('is told of failures only where its role may send them', () => {
    const Queue = { Type: 'AWS::SQS::Queue' };
    const Destination = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const Properties = {
      FunctionName: { Ref: 'Function' },
      Qualifier: '$LATEST',
      DestinationConfig: { OnFailure: { Destination } },
    };
    const Config = { Type: 'AWS::Lambda::EventInvokeConfig', Properties };
    expect(whyFailed({ ...functionResources(), Queue, Config })).toContain('SendMessage');
  });
});

describe('a role', () => {
  const allow = (Action: string, Resource: string) =>
    ({ Effect: 'Allow', Action, Resource }) as const;
  const roleWith = (...statements: Parameters<typeof allow>[]) => ({
    arn: 'arn',
    trusted: [],
    policies: new Map([['own', statements.map((statement) => allow(...statement))]]),
  });

  test('allows an action on what it names, and nothing beside', () => {
    const role = roleWith(['secretsmanager:GetSecretValue', 'arn:a/b'], ['logs:*', 'arn:log:*']);
    expect(isAllowed(role, { action: 'secretsmanager:GetSecretValue', resource: 'arn:a/b' })).toBe(
      true,
    );
    expect(isAllowed(role, { action: 'secretsmanager:GetSecretValue', resource: 'arn:a/bc' })).toBe(
      false,
    );
    expect(isAllowed(role, { action: 'secretsmanager:GetSecret', resource: 'arn:a/b' })).toBe(
      false,
    );
    expect(isAllowed(role, { action: 'logs:PutLogEvents', resource: 'arn:log:stream' })).toBe(true);
    expect(isAllowed(role, { action: 'logs:PutLogEvents', resource: 'arn:a/b' })).toBe(false);
    expect(isAllowed(undefined, { action: 'logs:PutLogEvents', resource: 'arn:a/b' })).toBe(false);
  });

  test('allows nothing that it denies', () => {
    const role = roleWith(['secretsmanager:*', '*']);
    role.policies.set('denial', [
      { ...allow('secretsmanager:Get*', 'arn:a'), Effect: 'Deny' } as never,
    ]);
    expect(isAllowed(role, { action: 'secretsmanager:GetSecretValue', resource: 'arn:a' })).toBe(
      false,
    );
    expect(isAllowed(role, { action: 'secretsmanager:GetSecretValue', resource: 'arn:b' })).toBe(
      true,
    );
  });
});

describe('a request', () => {
  const NAME = 'sluice/test';
  const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue' };

  async function start() {
    const aws = await startAws('eu-central-1');
    onTestFinished(() => aws.stop());
    keepVariables(aws.account.secrets, NAME, { A: 'secret' });
    const statements = [
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${NAME}-??????`,
      },
    ] as const;
    aws.account.roles.set('role', {
      arn: 'role',
      trusted: [],
      policies: new Map([['own', statements]]),
    });
    const { accessKey, secret } = giveCredentials(aws.account, 'fn', 'role');
    const keys = { accessKeyId: accessKey, secretAccessKey: secret };
    const client = new AwsClient({
      ...keys,
      region: 'eu-central-1',
      service: 'secretsmanager',
      retries: 0,
    });
    const body = (name: string) => JSON.stringify({ SecretId: name });
    return { aws, keys, client, body };
  }

  test('that a role may make is answered', async () => {
    const { aws, client, body } = await start();
    const answer = await client.fetch(aws.url, { method: 'POST', headers, body: body(NAME) });
    expect(await answer.json()).toMatchObject({ Name: NAME, SecretString: '{"A":"secret"}' });
  });

  test('for a secret that the role does not name is refused, and noted', async () => {
    const { aws, client, body } = await start();
    const answer = await client.fetch(aws.url, { method: 'POST', headers, body: body(`${NAME}B`) });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { __type: 'AccessDeniedException' },
    ]);
    expect(aws.account.denials).toMatchObject([
      { caller: 'fn', action: 'secretsmanager:GetSecretValue' },
    ]);
  });

  test('whose body was changed on the way is refused', async () => {
    const { aws, client, body } = await start();
    const signed = await client.sign(aws.url, { method: 'POST', headers, body: body(NAME) });
    const changed = { method: 'POST', headers: signed.headers, body: body(`${NAME} `) };
    expect((await fetch(aws.url, changed)).status).toBe(403);
  });

  test('that was signed with a wrong secret, by nobody known, or not at all is refused', async () => {
    const { aws, keys, body } = await start();
    const request = { method: 'POST', headers, body: body(NAME) };
    const service = { region: 'eu-central-1', service: 'secretsmanager', retries: 0 };
    for (const wrong of [{ secretAccessKey: 'other' }, { accessKeyId: 'ASIAOTHER' }]) {
      const client = new AwsClient({ ...keys, ...wrong, ...service });
      expect((await client.fetch(aws.url, request)).status).toBe(403);
    }
    expect((await fetch(aws.url, request)).status).toBe(403);
  });
});
