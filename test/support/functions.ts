import { createHash, randomUUID } from 'node:crypto';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { inject } from 'vitest';

/** A handler of `functions/`, as Lambda calls it. */
export type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Keys for tests, by what they may do. */
export const TEST_KEYS = {
  shop: { client: 'shop', scopes: ['orders:write', 'orders:read'] },
  reader: { client: 'shop', scopes: ['orders:read'] },
  writer: { client: 'shop', scopes: ['orders:write'] },
  other: { client: 'other', scopes: ['orders:write', 'orders:read'] },
  admin: { client: 'ops', scopes: ['orders:admin'] },
} as const;

export type TestKey = keyof typeof TEST_KEYS;

export const bearer = (name: TestKey) => `Bearer test-key-of-${name}`;

/** The environment of a deployment whose Redis keys nobody else uses. */
export function functionEnvironment(
  server: { url: string; token: string } = inject('upstash'),
): Record<string, string> {
  const keys = Object.entries(TEST_KEYS).map(([name, entry]) => ({
    ...entry,
    sha256: createHash('sha256').update(`test-key-of-${name}`).digest('hex'),
  }));
  return {
    UPSTASH_REDIS_REST_URL: server.url,
    UPSTASH_REDIS_REST_TOKEN: server.token,
    SLUICE_API_KEYS: JSON.stringify(keys),
    SLUICE_PREFIX: `${randomUUID()}:`,
    // What is measured is tested where it is looked at; elsewhere it would only be printed.
    SLUICE_METRICS: 'off',
  };
}

/** An event as API Gateway's HTTP API sends it, format 2.0: header names in lower case. */
export function httpEvent(
  routeKey: string,
  parts: {
    headers?: Record<string, string>;
    body?: string;
    isBase64Encoded?: boolean;
    pathParameters?: Record<string, string>;
    queryStringParameters?: Record<string, string>;
  } = {},
): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = routeKey.split(' ');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: parts.headers ?? {},
    isBase64Encoded: parts.isBase64Encoded ?? false,
    requestContext: { requestId: randomUUID(), http: { method, path } },
    ...(parts.body !== undefined && { body: parts.body }),
    ...(parts.pathParameters && { pathParameters: parts.pathParameters }),
    ...(parts.queryStringParameters && { queryStringParameters: parts.queryStringParameters }),
  } as APIGatewayProxyEventV2;
}

/** The context that Lambda hands to a handler. */
export function lambdaContext(remainingMs = 30_000): Context {
  return {
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => remainingMs,
  } as Context;
}
