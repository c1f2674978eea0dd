import type { Account, Role } from '../account.ts';
import { awsFault } from '../fault.ts';
import { managedPolicy, type Statement } from '../policies.ts';
import { idOf, nameOf, type ResourceType, refuseTaken } from './resource.ts';

interface PolicyDocument {
  readonly Statement: Statement | readonly Statement[];
}

interface RoleProperties {
  readonly RoleName?: string;
  readonly Path?: string;
  readonly AssumeRolePolicyDocument: PolicyDocument;
  readonly Policies?: readonly { PolicyName: string; PolicyDocument: PolicyDocument }[];
  readonly ManagedPolicyArns?: readonly string[];
}

export const role: ResourceType = {
  attributes: ['Arn', 'RoleId'],
  required: ['AssumeRolePolicyDocument'],
  put({ roles, id }, request) {
    const { RoleName, Path = '/', ...properties } = request.properties as RoleProperties;
    const name = nameOf(request, RoleName, 64);
    const arn = `arn:aws:iam::${id}:role${Path}${name}`;
    refuseTaken(request, roles.has(arn), `The role ${name}`);
    const inline = (properties.Policies ?? []).map(
      ({ PolicyName, PolicyDocument }) => [PolicyName, statementsOf(PolicyDocument)] as const,
    );
    const managed = (properties.ManagedPolicyArns ?? []).map(
      (policy) => [policy, managedPolicy(policy)] as const,
    );
    const trusted = statementsOf(properties.AssumeRolePolicyDocument);
    roles.set(arn, { arn, trusted, policies: new Map([...inline, ...managed]) });
    return { physicalId: name, attributes: { Arn: arn, RoleId: `AROA${name}` } };
  },
  remove(account, name) {
    account.roles.delete(roleNamed(account, name).arn);
  },
};

interface PolicyProperties {
  readonly PolicyName: string;
  readonly PolicyDocument: PolicyDocument;
  readonly Roles?: readonly string[];
}

/** A policy that names the roles that have it. */
export const policy: ResourceType = {
  attributes: ['Id'],
  required: ['PolicyName', 'PolicyDocument'],
  put(account, request) {
    const { PolicyDocument, Roles = [] } = request.properties as PolicyProperties;
    const id = idOf(request, `${request.logicalId}-`);
    for (const name of Roles)
      roleNamed(account, name).policies.set(id, statementsOf(PolicyDocument));
    return { physicalId: id, attributes: { Id: id } };
  },
  remove({ roles }, id) {
    for (const { policies } of roles.values()) policies.delete(id);
  },
};

function roleNamed({ roles }: Account, name: string): Role {
  const found = [...roles.values()].find(({ arn }) => arn.endsWith(`/${name}`));
  if (found !== undefined) return found;
  throw awsFault('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
}

function statementsOf({ Statement }: PolicyDocument): readonly Statement[] {
  return [Statement].flat() as readonly Statement[];
}
