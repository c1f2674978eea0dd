import { readFileSync } from 'node:fs';
import { ROOT } from '../support/source-files.ts';
import { grantsOf } from './statements.ts';
import {
  needsOf,
  type Reference,
  type Resource,
  referencesIn,
  resourcesOf,
  type Template,
} from './template.ts';

/** What is referred to and is not there, so that CloudFormation would not begin. */
export function danglingReferences({ Resources, Outputs }: Template): string[] {
  const depended = Object.values(Resources).flatMap(({ DependsOn = [] }) => [DependsOn].flat());
  const referred = referencesIn([Resources, Outputs]).map(({ target }: Reference) => target);
  return [...depended, ...referred].filter(
    (target) => !target.startsWith('AWS::') && !Object.hasOwn(Resources, target),
  );
}

/** Resources that need each other in a circle, so that CloudFormation would not begin. */
export function circles({ Resources }: Template): string[] {
  const made = new Set<string>();
  let left = Object.entries(Resources);
  for (;;) {
    const ready = left.filter(([, resource]) => needsOf(resource).every((id) => made.has(id)));
    if (ready.length === 0) return left.map(([id]) => id);
    for (const [id] of ready) made.add(id);
    left = left.filter(([id]) => !made.has(id));
  }
}

/** What a function of the template lacks that each must have. */
export function functionFaults(template: Template): string[] {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const roles = functions.map(([, { Properties }]) => roleIdOf(Properties));
  return functions.flatMap(([id, { Properties, DependsOn = [] }], at) => {
    const { Timeout, MemorySize, FunctionName, Description, Handler } = Properties;
    const role = roles[at] ?? '';
    const [logGroupId, logGroup] = resourcesOf(template, 'AWS::Logs::LogGroup').find(
      ([, group]) => group.Properties.LogGroupName === `/aws/lambda/${FunctionName}`,
    ) ?? ['', undefined];
    const grants = template.Resources[role] ? grantsOf(template.Resources[role]) : [];
    const faults = {
      'a timeout': Number(Timeout) > 0,
      'a memory size': Number(MemorySize) > 0,
      'a description': typeof Description === 'string',
      'a role of its own': roles.filter((other) => other === role).length === 1,
      'a log group with retention': Number(logGroup?.Properties.RetentionInDays) > 0,
      'its log group before it': [DependsOn].flat().includes(logGroupId),
      'the right to write its own log and no other':
        grants.filter((grant) => grant.startsWith('logs:')).join() ===
        `logs:CreateLogStream on ${logGroupId}.Arn,logs:PutLogEvents on ${logGroupId}.Arn`,
      'a file in functions/': sourceOf(String(Handler)) !== undefined,
    };
    return Object.entries(faults).flatMap(([what, has]) => (has ? [] : [`${id} lacks ${what}`]));
  });
}

/** What can be invoked without anybody waiting for it, and whose failure would be seen by nobody. */
export function unseenFailures(template: Template): string[] {
  const queue = { 'Fn::GetAtt': ['FailureQueue', 'Arn'] };
  const configs = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig');
  return invokedLater(template).filter((id) => {
    const lambda = template.Resources[id] as Resource;
    const config = configs.find(
      ([, { Properties }]) => (Properties.FunctionName as { Ref: string }).Ref === id,
    );
    const destination = JSON.stringify(config?.[1].Properties.DestinationConfig);
    const role = template.Resources[roleIdOf(lambda.Properties)] as Resource;
    return (
      destination !== JSON.stringify({ OnFailure: { Destination: queue } }) ||
      !grantsOf(role).includes('sqs:SendMessage on FailureQueue.Arn')
    );
  });
}

/** The functions that a schedule, or another function, invokes. */
export function invokedLater(template: Template): string[] {
  const byRules = resourcesOf(template, 'AWS::Events::Rule').flatMap(([, { Properties }]) =>
    referencesIn(Properties.Targets),
  );
  const byRoles = resourcesOf(template, 'AWS::IAM::Role')
    .flatMap(([, role]) => grantsOf(role))
    .filter((grant) => grant.startsWith('lambda:'))
    .map((grant) => ({ target: grant.replace(/^.* on (.*)\.Arn$/, '$1') }));
  return [...new Set([...byRules, ...byRoles].map(({ target }) => target))];
}

/** The routes whose function does not ask `route` who calls, and for which scope. */
export function openRoutes(template: Template): string[] {
  const open = resourcesOf(template, 'AWS::ApiGatewayV2::Route').filter(([, { Properties }]) => {
    const [integration] = referencesIn(Properties.Target);
    const uri = template.Resources[integration?.target ?? '']?.Properties.IntegrationUri;
    const [lambda] = referencesIn(uri);
    const handler = template.Resources[lambda?.target ?? '']?.Properties.Handler;
    const source = sourceOf(String(handler)) ?? '';
    return !/\broute\(\{ scope: '(orders:\w+|any)'[ ,]/.test(source);
  });
  return open.map(([id]) => id);
}

function sourceOf(handler: string): string | undefined {
  const file = /^(functions\/[a-z-]+)\.handler$/.exec(handler)?.[1];
  return file === undefined ? undefined : readFileSync(`${ROOT}/${file}.ts`, 'utf8');
}

/** A function by its name in `serverless.yml`: what it is, what it finds and what it may do. */
export function deployedFunction(template: Template, name: string) {
  const found = resourcesOf(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties.Handler === `functions/${name}.handler`,
  );
  const properties = found?.[1].Properties ?? {};
  const { Variables: env } = properties.Environment as { Variables: Record<string, string> };
  const role = template.Resources[roleIdOf(properties)] as Resource;
  return { properties, env, grants: grantsOf(role) };
}

function roleIdOf({ Role }: Resource['Properties']): string {
  return referencesIn(Role)[0]?.target ?? '';
}
