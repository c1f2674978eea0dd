import { randomUUID } from 'node:crypto';
import {
  type Account,
  arnOf,
  type Credentials,
  type Stack,
  type StackResource,
} from './account.ts';
import { awsFault } from './fault.ts';
import { type Lookup, resolve, type Value } from './intrinsics.ts';
import { authorizeAll, needsOfResource } from './needs.ts';
import { RESOURCE_TYPES } from './resources/types.ts';
import { creationOrder, readTemplate, type Template } from './template.ts';

/** A stack of which nothing is made yet. */
export function newStack(account: Account, name: string): Stack {
  const stack: Stack = {
    id: arnOf(account, 'cloudformation', `stack/${name}/${randomUUID()}`),
    name,
    status: 'REVIEW_IN_PROGRESS',
    template: '',
    outputs: {},
    resources: new Map(),
    changeSets: new Map(),
    events: [],
  };
  account.stacks.set(name, stack);
  return stack;
}

/** A stack, and in whose name CloudFormation changes it. */
export interface StackChange {
  readonly account: Account;
  readonly stack: Stack;
  readonly caller: Credentials;
}

/**
 * Makes what a template says of a stack, changes what differs, and removes what it no longer has.
 * Where something fails, all of it is undone and the stack's events say why.
 */
export function applyTemplate(change: StackChange, text: string): void {
  const { account, stack } = change;
  const action = stack.status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
  const before = { template: stack.template, resources: new Map(stack.resources) };
  note(stack, `${action}_IN_PROGRESS`, 'User Initiated');
  const template = readTemplate(text);
  try {
    for (const logicalId of creationOrder(template)) putResource(change, template, logicalId);
    const gone = [...stack.resources.keys()].filter((name) => !(name in template.Resources));
    for (const logicalId of gone.reverse()) removeResource(change, logicalId);
    const outputs = Object.entries(template.Outputs ?? {}).map(([name, output]) => [
      name,
      String(resolve(output.Value, lookupIn(account, stack))),
    ]);
    Object.assign(stack, { template: text, outputs: Object.fromEntries(outputs) });
    note(stack, `${action}_COMPLETE`);
  } catch {
    undo(change, before, action);
  }
}

function undo(
  change: StackChange,
  before: { template: string; resources: Map<string, StackResource> },
  action: 'CREATE' | 'UPDATE',
): void {
  const { account, stack } = change;
  const prefix = action === 'CREATE' ? 'ROLLBACK' : 'UPDATE_ROLLBACK';
  note(stack, `${prefix}_IN_PROGRESS`, 'The following resource(s) failed');
  const made = [...stack.resources.keys()].filter((name) => !before.resources.has(name));
  for (const logicalId of made.reverse()) removeResource(change, logicalId);
  for (const [logicalId, resource] of before.resources) {
    const { type, physicalId, properties } = resource;
    RESOURCE_TYPES[type]?.put(account, {
      stackName: stack.name,
      logicalId,
      properties,
      physicalId,
    });
    stack.resources.set(logicalId, resource);
  }
  note(stack, `${prefix}_COMPLETE`);
}

function putResource(change: StackChange, template: Template, logicalId: string): void {
  const { account, stack, caller } = change;
  const { Type: type, Properties: given = {} } = template.Resources[logicalId] ?? { Type: '' };
  const existing = stack.resources.get(logicalId);
  const action = existing === undefined ? 'CREATE' : 'UPDATE';
  try {
    const made = RESOURCE_TYPES[type];
    if (made === undefined) throw awsFault('ValidationError', `Unrecognized resource type ${type}`);
    const missing = made.required.filter((name) => !(name in given));
    if (missing.length > 0) {
      throw awsFault(
        'ValidationError',
        `Properties validation failed: required key [${missing}] not found`,
      );
    }
    const properties = resolve(given, lookupIn(account, stack)) as object;
    if (JSON.stringify(properties) === JSON.stringify(existing?.properties)) return;
    const physicalId = existing?.physicalId;
    const request = { stackName: stack.name, logicalId, properties, physicalId };
    const resource = { type, properties, ...made.put(account, request) };
    stack.resources.set(logicalId, resource);
    authorizeAll(account, caller, needsOfResource(account, resource, 'make'));
    note(stack, `${action}_COMPLETE`, undefined, logicalId);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    note(stack, `${action}_FAILED`, why, logicalId, type);
    throw error;
  }
}

function removeResource({ account, stack, caller }: StackChange, logicalId: string): void {
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) return;
  authorizeAll(account, caller, needsOfResource(account, resource, 'remove'));
  RESOURCE_TYPES[resource.type]?.remove(account, resource.physicalId);
  note(stack, 'DELETE_COMPLETE', undefined, logicalId);
  stack.resources.delete(logicalId);
}

/** Removes all of a stack, the last made first; it stays where something cannot be removed. */
export function deleteStack(change: StackChange): void {
  const { account, stack } = change;
  note(stack, 'DELETE_IN_PROGRESS', 'User Initiated');
  for (const logicalId of [...stack.resources.keys()].reverse()) {
    try {
      removeResource(change, logicalId);
    } catch (error) {
      note(stack, 'DELETE_FAILED', String(error), logicalId);
    }
  }
  if (stack.resources.size > 0) {
    note(
      stack,
      'DELETE_FAILED',
      `The following resource(s) failed to delete: [${[...stack.resources.keys()]}].`,
    );
    return;
  }
  account.stacks.delete(stack.name);
}

function note(
  stack: Stack,
  status: string,
  reason?: string,
  logicalId?: string,
  type?: string,
): void {
  const resource = stack.resources.get(logicalId ?? '');
  if (logicalId === undefined) stack.status = status;
  stack.events.push({
    id: randomUUID(),
    logicalId: logicalId ?? stack.name,
    physicalId: logicalId === undefined ? stack.id : (resource?.physicalId ?? ''),
    type: logicalId === undefined ? 'AWS::CloudFormation::Stack' : (type ?? resource?.type ?? ''),
    status,
    reason,
  });
}

function lookupIn(account: Account, stack: Stack): Lookup {
  const pseudo: Readonly<Record<string, Value | undefined>> = {
    'AWS::AccountId': account.id,
    'AWS::NoValue': undefined,
    'AWS::Partition': 'aws',
    'AWS::Region': account.region,
    'AWS::StackId': stack.id,
    'AWS::StackName': stack.name,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  return ({ name, attribute }) => {
    if (name in pseudo) return pseudo[name]?.toString();
    const resource = stack.resources.get(name);
    if (resource === undefined) throw awsFault('ValidationError', `${name} is not made yet`);
    return attribute === undefined ? resource.physicalId : resource.attributes[attribute];
  };
}
