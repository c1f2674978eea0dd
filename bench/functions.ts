import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { LOCAL_KEYS, localApiKeys } from '../local/api-keys.ts';

const [SHOP] = LOCAL_KEYS;

/** The functions read their environment when they are first imported: this comes before that. */
export function setFunctionEnvironment(
  { url, token }: { readonly url: string; readonly token: string },
  others: Readonly<Record<string, string>> = {},
): void {
  Object.assign(process.env, {
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: token,
    SLUICE_API_KEYS: localApiKeys(),
    ...others,
  });
}

export const CONTEXT = {
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

/** A request as API Gateway hands it to a function; of the shop, if no other key is named. */
export function request(
  routeKey: string,
  parts: {
    readonly body?: object;
    readonly idempotencyKey?: string;
    readonly key?: string;
    readonly id?: string;
    readonly query?: Record<string, string>;
  } = {},
): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = routeKey.split(' ');
  const { body, idempotencyKey, key = SHOP.key, id, query } = parts;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(id !== undefined && { pathParameters: { id } }),
    ...(query && { queryStringParameters: query }),
    isBase64Encoded: false,
    requestContext: { requestId: 'bench', http: { method, path } },
  } as unknown as APIGatewayProxyEventV2;
}

export type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;

/** Calls a function, and throws where it answers with anything but this status. */
export async function call(
  handler: Handler,
  event: APIGatewayProxyEventV2,
  status: number,
): Promise<void> {
  const answer = (await handler(event, CONTEXT)) as { statusCode: number; body?: string };
  if (answer.statusCode !== status) {
    throw new Error(`${event.routeKey} was answered ${answer.statusCode}: ${answer.body}`);
  }
}
