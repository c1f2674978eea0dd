import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '../support/source-files.ts';
import type { Role } from './aws/account.ts';
import { isAllowed, listOf, type Statement } from './aws/policies.ts';
import { type DeployerNeed, deployerNeeds } from './deployer-needs.ts';
import { boundaryOf, deployerRole, roleTemplate } from './deployer-role.ts';

const ACCOUNT = { id: '111122223333', region: 'eu-central-1' };
const role = deployerRole(ACCOUNT, ['dev']);
const statements = role.policies.get('deploy') ?? [];

let needs: DeployerNeed[];
beforeAll(async () => {
  needs = await deployerNeeds();
});

function unmetBy(granted: readonly Statement[]): string[] {
  const holder: Role = { ...role, policies: new Map([['deploy', granted]]) };
  return needs
    .filter((need) => !isAllowed(holder, need))
    .map(({ action, resource, by }) => `${action} on ${resource}, for ${by}`);
}

test('the deployer’s role may do everything that CloudFormation and osls need', () => {
  expect(unmetBy(statements)).toEqual([]);
});

const actions = statements.flatMap(({ Action }, at) =>
  listOf(Action).map((action) => ({ action, at })),
);

test('the deployer’s role has no action that nobody needs', () => {
  const idle = actions.filter(({ action, at }) => {
    const without = statements.map((statement, index) =>
      index === at
        ? { ...statement, Action: listOf(statement.Action).filter((one) => one !== action) }
        : statement,
    );
    return unmetBy(without).length === 0;
  });
  expect(idle.map(({ action }) => action)).toEqual([]);
});

test('a star stands only for reading', () => {
  const wide = actions.map(({ action }) => action).filter((action) => action.includes('*'));
  for (const action of wide) expect(action).toMatch(/^[a-z0-9]+:Get\w*\*/);
});

test('the deployer’s role reaches nothing of another stage, and what AWS cannot name is told', () => {
  const wide = statements.filter(({ Resource }) =>
    listOf(Resource).some((one) => !/[:/]sluice[-/]dev(?:[-/*]|$)/.test(one)),
  );
  expect(wide).toMatchObject([{ Sid: 'Unscoped' }, { Sid: 'Api' }, { Sid: 'FirstDomain' }]);
  for (const action of ['lambda:UpdateFunctionCode', 's3:PutObject', 'iam:PutRolePolicy']) {
    for (const stage of ['prod', 'dev2']) {
      const other = needs
        .filter((need) => need.action === action)
        .map((need) => ({
          ...need,
          resource: need.resource.replace('sluice-dev', `sluice-${stage}`),
        }));
      expect(other.length).toBeGreaterThan(0);
      expect(other.filter((need) => isAllowed(role, need))).toEqual([]);
    }
  }
});

test('the deployer cannot give a function more than the boundary, nor take it away', () => {
  const { resource: onRole = '', context: all = {} } =
    needs.find(({ action }) => action === 'iam:CreateRole') ?? {};
  const { 'iam:PermissionsBoundary': _, ...none } = all;
  const other = {
    ...all,
    'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess',
  };
  for (const action of ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary']) {
    for (const context of [none, other]) {
      expect(isAllowed(role, { action, resource: onRole, context }), action).toBe(false);
    }
  }
  for (const action of ['iam:DeleteRolePermissionsBoundary', 'iam:AttachRolePolicy']) {
    expect(isAllowed(role, { action, resource: onRole }), action).toBe(false);
  }
  for (const action of ['iam:CreatePolicyVersion', 'secretsmanager:GetSecretValue']) {
    expect(isAllowed(role, { action, resource: '*' }), action).toBe(false);
  }
});

test('the boundary lets functions do what their roles ask for', () => {
  const boundary = boundaryOf(ACCOUNT, 'dev');
  const arn = (service: string, rest: string) =>
    `arn:aws:${service}:eu-central-1:111122223333:${rest}`;
  const asked = [
    ['logs:PutLogEvents', arn('logs', 'log-group:/aws/lambda/sluice-dev-stats:*')],
    ['logs:CreateLogStream', arn('logs', 'log-group:/aws/lambda/sluice-dev-stats:*')],
    ['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:sluice/dev-0a1b2c')],
    ['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:sluice/dev/downstream-0a1b2c')],
    ['sqs:SendMessage', arn('sqs', 'sluice-dev-FailureQueue-0a1b')],
    ['lambda:InvokeFunction', arn('lambda', 'function:sluice-dev-drain-queue')],
  ] as const;
  for (const [action, resource] of asked) {
    expect(isAllowed(boundary, { action, resource }), action).toBe(true);
    const other = resource.replace(/sluice([-/])dev/, 'sluice$1prod');
    expect(isAllowed(boundary, { action, resource: other }), other).toBe(false);
  }
  expect(isAllowed(boundary, { action: 'iam:CreateUser', resource: '*' })).toBe(false);
});

test('only one environment of one repository deploys from GitHub', () => {
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
});

test('the role fits into IAM, which takes 10,240 characters of inline policies', () => {
  const document = JSON.stringify(
    deployerRole(ACCOUNT, ['abcdefghijklmnop']).policies.get('deploy'),
  );
  expect(document.length).toBeLessThan(10_240);
});

test.each(['deploy.yml', 'check.yml', 'long.yml'])(
  'the actions of %s are pinned by commit',
  (name) => {
    const text = readFileSync(`${ROOT}/.github/workflows/${name}`, 'utf8');
    const uses = [...text.matchAll(/uses: (\S+)(.*)/g)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [line, action = ''] of uses) expect(action, line).toMatch(/@[0-9a-f]{40}$/);
  },
);
