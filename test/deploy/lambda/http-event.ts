import type { Account, Route } from '../aws/account.ts';
import type { HttpAnswer } from './gateway.ts';
import { type Claims, textOf } from './jwt.ts';

export interface ReadRequest {
  readonly id: string;
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  readonly query: string;
  /** Names in lower case; what came twice is joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface MatchedRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of a request: one without variables before one that has some. */
export function matchRoute(
  routes: readonly Route[],
  { method, path }: ReadRequest,
): MatchedRoute | undefined {
  const segments = decoded(path)?.split('/');
  if (segments === undefined) return undefined;
  const found = routes.flatMap((route) => {
    const [routeMethod, routePath = ''] = route.routeKey.split(' ');
    const parameters = parametersOf(routePath.split('/'), segments);
    return routeMethod === method && parameters !== undefined ? [{ route, parameters }] : [];
  });
  const count = ({ parameters }: MatchedRoute) => Object.keys(parameters).length;
  return found.toSorted((a, b) => count(a) - count(b))[0];
}

function parametersOf(wanted: readonly string[], sent: readonly string[]) {
  if (wanted.length !== sent.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = sent[index] ?? '';
    const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
    if (name !== undefined && value !== '') parameters[name] = value;
    else if (segment !== value) return undefined;
  }
  return parameters;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Bodies of these types come as text, all others as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|.+\+json|.+\+xml)\b)/i;

/**
 * A request as a function gets it, format 2.0.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(
  { id: accountId, region }: Account,
  apiId: string,
  request: ReadRequest,
  { route, parameters, claims }: MatchedRoute & { readonly claims?: Claims | undefined },
) {
  const { cookie, ...headers } = request.headers;
  const isText = TEXT.test(headers['content-type'] ?? '');
  const query = [...new URLSearchParams(request.query)];
  const joined = Object.groupBy(query, ([name]) => name);
  const path = decoded(request.path) ?? request.path;
  const domainName = `${apiId}.execute-api.${region}.amazonaws.com`;
  const { 'user-agent': userAgent = '' } = headers;
  const http = {
    method: request.method,
    path,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    userAgent,
  };
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: request.query,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers,
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(
        Object.entries(joined).map(([name, pairs = []]) => [
          name,
          pairs.map(([, value]) => value).join(','),
        ]),
      ),
    }),
    requestContext: {
      accountId,
      apiId,
      ...(claims && { authorizer: { jwt: { claims: textOf(claims), scopes: null } } }),
      domainName,
      domainPrefix: apiId,
      http,
      requestId: request.id,
      routeKey: route.routeKey,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    ...(request.body.length > 0 && { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** What a client gets of what a function returned; nothing where that is no response. */
export function responseOf(payload: string): HttpAnswer | undefined {
  const returned = JSON.parse(payload);
  if (returned === null || typeof returned !== 'object') return undefined;
  const { statusCode, headers = {}, body = '', isBase64Encoded = false } = returned;
  if (typeof statusCode !== 'number') {
    const json = { 'content-type': 'application/json' };
    return { status: 200, headers: json, body: Buffer.from(payload) };
  }
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...Object.fromEntries(named) },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}
