import { createHash } from 'node:crypto';
import type { Account, StoredObject } from './account.ts';
import { awsFault } from './fault.ts';
import type { AwsReply, AwsRequest } from './request.ts';
import { xml } from './xml.ts';

/** Names of actions, by method and whether an object is named. */
export function s3Action({ method, path, query }: AwsRequest): string {
  const hasKey = path.split('/').length > 2 && !path.endsWith('/');
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  if (method === 'GET' && !hasKey) return 'ListObjectsV2';
  const names: Record<string, string> = { GET: 'Get', PUT: 'Put', HEAD: 'Head', DELETE: 'Delete' };
  return `${names[method] ?? method}${hasKey ? 'Object' : 'Bucket'}`;
}

/** @throws AwsFault */
export function answerS3(account: Account, request: AwsRequest): AwsReply {
  const [name = '', ...rest] = request.path.slice(1).split('/');
  const key = rest.map(decodeURIComponent).join('/');
  const bucket = account.buckets.get(name);
  if (bucket === undefined) {
    throw awsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
  }
  const action = s3Action(request);
  if (action === 'HeadBucket') return { headers: { 'x-amz-bucket-region': account.region } };
  if (action === 'ListObjectsV2') return list(bucket, name, request.query);
  if (action === 'DeleteObjects') return deleteObjects(bucket, request.body.toString());
  if (action === 'PutObject') return put(bucket, key, request);
  const object = bucket.get(key);
  if (object === undefined) throw awsFault('NoSuchKey', 'The specified key does not exist.', 404);
  if (action === 'GetObject') return { headers: headersOf(object), body: object.bytes };
  if (action === 'HeadObject') return { headers: headersOf(object) };
  throw awsFault('NotImplemented', `${action} is not known here`, 501);
}

function put(
  bucket: Map<string, StoredObject>,
  key: string,
  { headers, body }: AwsRequest,
): AwsReply {
  const kept = Object.entries(headers).flatMap(([name, value = '']) =>
    name.startsWith('x-amz-meta-') || name === 'content-type' ? [[name, value]] : [],
  );
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  if (Number(length) !== body.length) throw awsFault('IncompleteBody', 'Not all of the body came');
  const modifiedAt = new Date().toISOString();
  bucket.set(key, { bytes: body, headers: Object.fromEntries(kept), modifiedAt });
  return { headers: { etag: etagOf(body) } };
}

function headersOf({ bytes, headers, modifiedAt }: StoredObject): Record<string, string> {
  return {
    ...headers,
    etag: etagOf(bytes),
    'content-length': String(bytes.length),
    'last-modified': new Date(modifiedAt).toUTCString(),
  };
}

/** All on one page: no deployment of this project has a thousand objects. */
function list(bucket: Map<string, StoredObject>, name: string, query: URLSearchParams): AwsReply {
  const prefix = query.get('prefix') ?? '';
  const found = [...bucket].filter(([key]) => key.startsWith(prefix)).sort();
  const Contents = found.map(([Key, { bytes, modifiedAt }]) => ({
    Key,
    LastModified: modifiedAt,
    ETag: etagOf(bytes),
    Size: bytes.length,
  }));
  const result = {
    Name: name,
    Prefix: prefix,
    KeyCount: found.length,
    IsTruncated: false,
    Contents,
  };
  return { body: xml('ListBucketResult', result, 'repeated') };
}

function deleteObjects(bucket: Map<string, StoredObject>, body: string): AwsReply {
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
  for (const key of keys) bucket.delete(key);
  return { body: xml('DeleteResult', { Deleted: keys.map((Key) => ({ Key })) }, 'repeated') };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
