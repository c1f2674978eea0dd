import { randomUUID } from 'node:crypto';
import type { Account, ChangeSet, Credentials, Stack } from './account.ts';
import { awsFault, isAwsFault } from './fault.ts';
import type { AwsReply } from './request.ts';
import { applyTemplate, deleteStack, newStack } from './stacks.ts';
import { readTemplate } from './template.ts';
import { type Xml, xml } from './xml.ts';

type Action = (account: Account, form: URLSearchParams, caller: Credentials) => Xml;

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/**
 * The query protocol: an action and its parameters as a form, answered in XML. What a change set or
 * a deletion does is done at once, where CloudFormation takes minutes; the events tell all of it.
 *
 * @throws AwsFault
 */
export function answerCloudFormation(
  account: Account,
  form: URLSearchParams,
  caller: Credentials,
): AwsReply {
  const action = form.get('Action') ?? '';
  const answer = ACTIONS[action];
  if (answer === undefined) throw awsFault('InvalidAction', `${action} is not known here`, 501);
  const result = { [`${action}Result`]: answer(account, form, caller) ?? {} };
  const metadata = { ResponseMetadata: { RequestId: randomUUID() } };
  return { body: xml(`${action}Response`, { ...result, ...metadata }) };
}

const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeStacks(account, form) {
    const stack = stackOf(account, form);
    return { Stacks: [descriptionOf(stack)] };
  },

  DescribeStackResource(account, form) {
    const stack = stackOf(account, form);
    const LogicalResourceId = form.get('LogicalResourceId') ?? '';
    const found = stack.resources.get(LogicalResourceId);
    if (found === undefined) {
      throw invalid(`Resource ${LogicalResourceId} does not exist for stack ${stack.name}`);
    }
    const { type: ResourceType, physicalId: PhysicalResourceId } = found;
    return { StackResourceDetail: { LogicalResourceId, PhysicalResourceId, ResourceType } };
  },

  ListStackResources(account, form) {
    const all = [...stackOf(account, form).resources];
    const StackResourceSummaries = all.map(([LogicalResourceId, { type, physicalId }]) => ({
      LogicalResourceId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
      ResourceStatus: 'CREATE_COMPLETE',
    }));
    return { StackResourceSummaries };
  },

  DescribeStackEvents(account, form) {
    const stack = stackOf(account, form);
    return { StackEvents: stack.events.toReversed().map((event) => eventOf(stack, event)) };
  },

  GetTemplate: (account, form) => ({ TemplateBody: stackOf(account, form).template }),

  ValidateTemplate(account, form) {
    readTemplate(templateOf(account, form));
    return { Parameters: [] };
  },

  CreateChangeSet(account, form) {
    const name = form.get('StackName') ?? '';
    const isNew = form.get('ChangeSetType') === 'CREATE';
    if (isNew && account.stacks.get(name)?.status === 'CREATE_COMPLETE') {
      throw awsFault('AlreadyExistsException', `Stack [${name}] already exists`);
    }
    const template = templateOf(account, form);
    checkCapabilities(template, form);
    const stack = isNew
      ? (account.stacks.get(name) ?? newStack(account, name))
      : stackOf(account, form);
    const changeSet = changeSetOf(stack, template);
    stack.changeSets.set(form.get('ChangeSetName') ?? '', changeSet);
    return { Id: changeSet.id, StackId: stack.id };
  },

  DescribeChangeSet(account, form) {
    const stack = stackOf(account, form);
    const { id, fault, changes } = namedChangeSet(stack, form);
    return {
      ChangeSetId: id,
      ChangeSetName: form.get('ChangeSetName') ?? '',
      StackId: stack.id,
      StackName: stack.name,
      Status: fault === undefined ? 'CREATE_COMPLETE' : 'FAILED',
      StatusReason: fault,
      Changes: changes.map((LogicalResourceId) => ({
        Type: 'Resource',
        ResourceChange: { LogicalResourceId },
      })),
    };
  },

  DeleteChangeSet(account, form) {
    stackOf(account, form).changeSets.delete(form.get('ChangeSetName') ?? '');
    return undefined;
  },

  ExecuteChangeSet(account, form, caller) {
    const stack = stackOf(account, form);
    const { template, fault } = namedChangeSet(stack, form);
    if (fault !== undefined) throw awsFault('InvalidChangeSetStatus', 'It cannot be executed');
    applyTemplate({ account, stack, caller }, template);
    stack.changeSets.clear();
    return undefined;
  },

  DeleteStack(account, form, caller) {
    const stack = account.stacks.get(form.get('StackName') ?? '');
    if (stack !== undefined) deleteStack({ account, stack, caller });
    return undefined;
  },
};

/** By name, or by id. */
function stackOf({ stacks }: Account, form: URLSearchParams): Stack {
  const name = form.get('StackName') ?? '';
  const found = stacks.get(name) ?? [...stacks.values()].find(({ id }) => id === name);
  if (found === undefined) throw invalid(`Stack with id ${name} does not exist`);
  return found;
}

/** The template itself, or the one that lies in S3. */
function templateOf({ buckets }: Account, form: URLSearchParams): string {
  const body = form.get('TemplateBody');
  if (body !== null) return body;
  const { pathname } = new URL(form.get('TemplateURL') ?? '');
  const [, bucket = '', ...key] = decodeURIComponent(pathname).split('/');
  const object = buckets.get(bucket)?.get(key.join('/'));
  if (object === undefined) throw invalid('S3 error: The specified key does not exist.');
  return object.bytes.toString();
}

function changeSetOf(stack: Stack, template: string): ChangeSet {
  const id = `${stack.id.replace(':stack/', ':changeSet/')}/${randomUUID()}`;
  const { Resources } = readTemplate(template);
  const fault = template === stack.template ? NO_CHANGES : undefined;
  return { id, template, fault, changes: Object.keys(Resources) };
}

/** Who makes roles with names of their own must say so. */
function checkCapabilities(template: string, form: URLSearchParams): void {
  const roles = Object.values(readTemplate(template).Resources).filter(({ Type }) =>
    /IAM/.test(Type),
  );
  const given = [...form]
    .filter(([name]) => name.startsWith('Capabilities'))
    .map(([, value]) => value);
  if (roles.length === 0 || given.includes('CAPABILITY_NAMED_IAM')) return;
  throw awsFault(
    'InsufficientCapabilitiesException',
    'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  );
}

function namedChangeSet(stack: Stack, form: URLSearchParams): ChangeSet {
  const name = form.get('ChangeSetName') ?? '';
  const found = stack.changeSets.get(name);
  if (found !== undefined) return found;
  throw awsFault('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, 404);
}

function descriptionOf({ id, name, status, outputs }: Stack): Xml {
  const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({
    OutputKey,
    OutputValue,
  }));
  return { StackId: id, StackName: name, StackStatus: status, CreationTime: NOW(), Outputs };
}

function eventOf(stack: Stack, event: Stack['events'][number]): Xml {
  return {
    StackId: stack.id,
    StackName: stack.name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    Timestamp: NOW(),
  };
}

const NOW = () => new Date().toISOString();

function invalid(message: string) {
  return awsFault('ValidationError', message);
}

/** What the query protocol answers instead. */
export function queryFault(error: unknown): AwsReply {
  const { code, status, message } = isAwsFault(error)
    ? error
    : { code: 'InternalFailure', status: 500, message: String(error) };
  const told = { Type: 'Sender', Code: code, Message: message };
  return { status, body: xml('ErrorResponse', { Error: told, RequestId: randomUUID() }) };
}
