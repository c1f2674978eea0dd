import { type Resource, resourcesOf, type Template } from './template.ts';

/** One statement of a policy. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** All statements of a template, each with the resource that it stands in. */
function statementsOf({ Resources }: Template): { id: string; statement: Statement }[] {
  return Object.entries(Resources).flatMap(([id, resource]) =>
    policiesIn(resource.Properties).flatMap(({ Statement }) =>
      Statement.map((statement) => ({ id, statement })),
    ),
  );
}

/** Wherever in a resource: a role has its trust and its policies, a queue and a bucket have one. */
function policiesIn(value: unknown): PolicyDocument[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Statement' in value) return [value as PolicyDocument];
  return Object.values(value).flatMap(policiesIn);
}

/** What a role allows, as `action on resource`, and with what its conditions ask for. */
export function grantsOf(role: Resource): string[] {
  const { Policies } = role.Properties as { Policies: { PolicyDocument: PolicyDocument }[] };
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).flatMap(
    ({ Action = [], Resource, Condition }) =>
      [Action].flat().flatMap((action) =>
        [Resource].flat().map((resource) => {
          const condition = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
          return `${action} on ${nameOf(resource)}${condition}`;
        }),
      ),
  );
}

/** A resource in a word: `sluice/dev` for the ARN of that secret. */
function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = resource as Record<string, unknown>;
  if (Array.isArray(attribute)) return attribute.join('.');
  const arn = `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:`;
  return String(text).replace(arn, '').replace('-??????', '');
}

/**
 * What is wider than it has to be: a star in what is allowed, in whom it is allowed to, or in who may
 * invoke a function; whatever is said by its opposite; policies that AWS changes.
 */
export function wideGrants(template: Template): string[] {
  const statements = statementsOf(template).flatMap(({ id, statement }) => {
    const opposite = Object.keys(statement).filter((key) => key.startsWith('Not'));
    const { Effect, Action, Resource, Principal } = statement;
    const isWide =
      Effect === 'Allow' && JSON.stringify([Action, Resource, Principal]).includes('*');
    return isWide || opposite.length > 0 ? [`${id}: ${JSON.stringify(statement)}`] : [];
  });
  const permissions = resourcesOf(template, 'AWS::Lambda::Permission').flatMap(([id, resource]) => {
    const { SourceArn, Principal } = resource.Properties;
    // API Gateway's names the path of a route, or how those of several begin, in any stage and by any method.
    const arn = JSON.stringify(SourceArn ?? '*').replace(/\/\*\/\*(\/\w[^*]*)\*?"/, '$1"');
    const isWide = arn.includes('*') || JSON.stringify(Principal).includes('*');
    return isWide ? [`${id}: ${JSON.stringify(resource.Properties)}`] : [];
  });
  const managed = resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, { Properties }]) =>
    'ManagedPolicyArns' in Properties ? [`${id}: has managed policies`] : [],
  );
  return [...statements, ...permissions, ...managed];
}
