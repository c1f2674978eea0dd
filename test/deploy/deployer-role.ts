import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ROOT } from '../support/source-files.ts';
import type { Account, Role } from './aws/account.ts';
import { resolve, type Value } from './aws/intrinsics.ts';
import type { Statement } from './aws/policies.ts';

/** osls's own reader of templates, which knows `!Sub` and its like. */
const osls = createRequire(createRequire(import.meta.url).resolve('serverless/package.json'));

interface RoleTemplate {
  readonly Parameters: { readonly Repository: { readonly AllowedPattern: string } };
  readonly Resources: {
    readonly DeployRole: {
      readonly Properties: {
        readonly AssumeRolePolicyDocument: { readonly Statement: Value };
        readonly Policies: readonly [{ readonly PolicyDocument: { readonly Statement: Value } }];
      };
    };
    readonly Boundary: {
      readonly Properties: { readonly PolicyDocument: { readonly Statement: Value } };
    };
  };
}

export const roleTemplate = () => templateIn('github-role.yml') as RoleTemplate;

function templateIn(file: string): unknown {
  const schema = osls('./lib/utils/serverless-utils/cloudformation-schema');
  const text = readFileSync(`${ROOT}/deploy/${file}`, 'utf8');
  return osls('js-yaml').load(text, { schema });
}

interface OperatorTemplate {
  readonly Resources: {
    readonly Operator: {
      readonly Properties: { readonly PolicyDocument: { readonly Statement: Value } };
    };
  };
}

/** Who deploys a stage by hand: with the rights of `DeployRole`, and those of an operator. */
export function handRole(account: Pick<Account, 'id' | 'region'>, stage: string): Role {
  const deployer = deployerRole(account, [stage]);
  const { Operator } = (templateIn('operator-policy.yml') as OperatorTemplate).Resources;
  const { Statement } = Operator.Properties.PolicyDocument;
  const operator = statementsIn(Statement, { ...account, stage });
  return { ...deployer, policies: new Map([...deployer.policies, ['operator', operator]]) };
}

/** What the roles of `deploy/github-role.yml` for these stages may do, in an account, as one role. */
export function deployerRole(
  { id, region }: Pick<Account, 'id' | 'region'>,
  stages: readonly string[],
): Role {
  const [{ PolicyDocument }] = roleTemplate().Resources.DeployRole.Properties.Policies;
  const statements = stages.flatMap((stage) =>
    statementsIn(PolicyDocument.Statement, { id, region, stage }),
  );
  return {
    arn: `arn:aws:iam::${id}:role/deployer`,
    trusted: [],
    policies: new Map([['deploy', statements]]),
  };
}

/** The most that the boundary of a stage allows, as a role that has all of it. */
export function boundaryOf({ id, region }: Pick<Account, 'id' | 'region'>, stage: string): Role {
  const { Statement } = roleTemplate().Resources.Boundary.Properties.PolicyDocument;
  const policies = new Map([['boundary', statementsIn(Statement, { id, region, stage })]]);
  return { arn: `arn:aws:iam::${id}:policy/boundary`, trusted: [], policies };
}

function statementsIn(
  value: Value,
  { id, region, stage }: { readonly id: string; readonly region: string; readonly stage: string },
): Statement[] {
  const names: Readonly<Record<string, string>> = {
    Stage: stage,
    // `Ref` of a managed policy is its ARN.
    Boundary: `arn:aws:iam::${id}:policy/sluice-${stage}-boundary`,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::Region': region,
    'AWS::AccountId': id,
  };
  return resolve(value, ({ name }) => names[name]) as unknown as Statement[];
}
