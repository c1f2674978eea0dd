import { createHash, createHmac } from 'node:crypto';
import type { AwsRequest } from './request.ts';

/** What `Authorization` says of a request that is signed as Signature Version 4 has it. */
export interface Signed {
  readonly accessKey: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly headers: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;

export function readSigned({ headers }: AwsRequest): Signed | undefined {
  const match = AUTHORIZATION.exec(headers.authorization ?? '');
  if (match === null) return undefined;
  const [, accessKey = '', date = '', region = '', service = '', names = '', signature = ''] =
    match;
  return { accessKey, date, region, service, headers: names.split(';'), signature };
}

/**
 * Says what is wrong with a request's signature, counted again from the request as it came.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureFault(
  request: AwsRequest,
  signed: Signed,
  secret: string,
): string | undefined {
  for (const name of ['host', 'x-amz-date']) {
    if (!signed.headers.includes(name)) return `the header ${name} is not signed`;
  }
  const payload = request.headers['x-amz-content-sha256'] ?? sha256(request.sentBody);
  const isHash = /^[0-9a-f]{64}$/.test(payload);
  if (isHash && payload !== sha256(request.sentBody)) return 'the body is not the one signed';
  const at = request.headers['x-amz-date'] ?? '';
  const scope = `${signed.date}/${signed.region}/${signed.service}/aws4_request`;
  if (!at.startsWith(signed.date)) return 'the date is not the one of its scope';
  const canonical = canonicalRequest(request, signed, payload);
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  let key = Buffer.from(`AWS4${secret}`);
  for (const part of scope.split('/')) key = hmac(key, part);
  if (hmac(key, toSign).toString('hex') === signed.signature) return undefined;
  return `the signature is not that of:\n${canonical}`;
}

function canonicalRequest(request: AwsRequest, signed: Signed, payload: string): string {
  const { method, path, query, headers } = request;
  // S3 alone takes the path as it was sent; all others have it encoded once more.
  const segments = path
    .split('/')
    .map((segment) => (signed.service === 's3' ? segment : encoded(segment)));
  const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return [
    method,
    segments.join('/'),
    pairs.sort().join('&'),
    ...signed.headers.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed.headers.join(';'),
    payload,
  ].join('\n');
}

function encoded(text: string): string {
  const code = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, code);
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer<ArrayBuffer> {
  return createHmac('sha256', key).update(text).digest();
}
