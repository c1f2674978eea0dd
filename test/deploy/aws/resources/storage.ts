import { type Account, arnOf } from '../account.ts';
import { awsFault } from '../fault.ts';
import { nameOf, type ResourceRequest, type ResourceType, refuseTaken } from './resource.ts';

export const bucket: ResourceType = {
  attributes: ['Arn', 'DomainName', 'RegionalDomainName'],
  required: [],
  put({ buckets, region }, request) {
    const { BucketName } = request.properties as { BucketName?: string };
    const name = nameOf(request, BucketName, 63).toLowerCase();
    refuseTaken(request, buckets.has(name), name);
    buckets.set(name, buckets.get(name) ?? new Map());
    const attributes = {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    };
    return { physicalId: name, attributes };
  },
  remove({ buckets }, name) {
    if ((buckets.get(name)?.size ?? 0) > 0) {
      throw awsFault('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409);
    }
    buckets.delete(name);
  },
};

export const logGroup: ResourceType = {
  attributes: ['Arn'],
  required: [],
  put(account, request) {
    const properties = request.properties as { LogGroupName?: string; RetentionInDays?: number };
    const name = nameOf(request, properties.LogGroupName, 512);
    refuseTaken(request, account.logGroups.has(name), `The log group ${name}`);
    const lines = account.logGroups.get(name)?.lines ?? [];
    account.logGroups.set(name, { retentionDays: properties.RetentionInDays, lines });
    return { physicalId: name, attributes: { Arn: arnOf(account, 'logs', `log-group:${name}:*`) } };
  },
  remove: ({ logGroups }, name) => void logGroups.delete(name),
};

export const queue: ResourceType = {
  attributes: ['Arn', 'QueueName', 'QueueUrl'],
  required: [],
  put(account, request) {
    const name = nameOf(request, (request.properties as { QueueName?: string }).QueueName, 80);
    const plain = name.split('/').at(-1) ?? name;
    const arn = arnOf(account, 'sqs', plain);
    refuseTaken(request, account.queues.has(arn), `The queue ${plain}`);
    account.queues.set(arn, { arn, messages: account.queues.get(arn)?.messages ?? [] });
    const url = queueUrl(account, plain);
    return { physicalId: url, attributes: { Arn: arn, QueueName: plain, QueueUrl: url } };
  },
  remove(account, url) {
    account.queues.delete(arnOf(account, 'sqs', url.split('/').at(-1) ?? url));
  },
};

function queueUrl({ region, id }: Account, name: string): string {
  return `https://sqs.${region}.amazonaws.com/${id}/${name}`;
}

/** What the stub only has to keep: nothing of the main path goes through it. */
export function kept(
  type: string,
  options: {
    required?: readonly string[];
    /** Each with the ARN that the id makes, or the id itself. */
    attributes?: Readonly<Record<string, (account: Account, id: string) => string>>;
    named?: string;
    idOf?: (account: Account, name: string) => string;
  } = {},
): ResourceType {
  const { required = [], attributes = {}, named, idOf = (_, name) => name } = options;
  return {
    attributes: Object.keys(attributes),
    required,
    put(account, request) {
      const id =
        request.physicalId ?? idOf(account, nameOf(request, givenName(request, named), 255));
      account.others.set(id, { type, properties: request.properties });
      const made = Object.entries(attributes).map(([name, of]) => [name, of(account, id)]);
      return { physicalId: id, attributes: Object.fromEntries(made) };
    },
    remove: ({ others }, id) => void others.delete(id),
  };
}

function givenName({ properties }: ResourceRequest, named: string | undefined) {
  if (named === undefined) return undefined;
  const given = (properties as Record<string, unknown>)[named];
  return typeof given === 'string' ? given : undefined;
}
