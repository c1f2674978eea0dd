import { zipSync } from 'fflate';
import { type Account, type Credentials, newAccount, type Stack } from './account.ts';
import { applyTemplate, newStack } from './stacks.ts';
import type { TemplateResource } from './template.ts';

/** Statements that let a function of these tests write its log. */
export const MAY_LOG = {
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: { 'Fn::GetAtt': ['Log', 'Arn'] },
};

/** Somebody who may do all. */
export const ADMIN: Credentials = { name: 'admin', secret: '', roleArn: undefined };

/** An account with the code of a function in a bucket: a module that exports `handler`. */
export function accountWith(code: string): Account {
  const account = newAccount('eu-central-1');
  const bytes = Buffer.from(zipSync({ 'index.mjs': Buffer.from(code) }));
  const object = { bytes, headers: {}, modifiedAt: '2026-11-22T13:37:00.000Z' };
  account.buckets.set('code', new Map([['code.zip', object]]));
  return account;
}

/** Resources of a function `fn` with a role and a log group, and whatever else is said of it. */
export function functionResources(
  properties: object = {},
  statements: readonly object[] = [MAY_LOG],
): Record<string, TemplateResource> {
  const trust = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'lambda.amazonaws.com' },
  };
  const resources = {
    Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/fn' } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Statement: [trust] },
        Policies: [{ PolicyName: 'own', PolicyDocument: { Statement: statements } }],
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'fn',
        Code: { S3Bucket: 'code', S3Key: 'code.zip' },
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        ...properties,
      },
    },
  };
  return resources as unknown as Record<string, TemplateResource>;
}

/** Makes or changes the stack `s` so that it has these resources. */
export function deployStack(account: Account, resources: Record<string, unknown>): Stack {
  const stack = account.stacks.get('s') ?? newStack(account, 's');
  applyTemplate({ account, stack, caller: ADMIN }, JSON.stringify({ Resources: resources }));
  return stack;
}
