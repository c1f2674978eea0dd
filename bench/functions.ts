import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { LOCAL_KEYS, localApiKeys } from '../local/api-keys.ts';

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

/** A request as API Gateway hands it to a function. */
export function submitEvent(
  routeKey: string,
  body: object,
  idempotencyKey?: string,
): APIGatewayProxyEventV2 {
  const [method = '', path = ''] = routeKey.split(' ');
  const [{ key }] = LOCAL_KEYS;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    body: JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'bench', http: { method, path } },
  } as unknown as APIGatewayProxyEventV2;
}
