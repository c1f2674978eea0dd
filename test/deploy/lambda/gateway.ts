import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Account, type Api, arnOf } from '../aws/account.ts';
import { functionNamed } from '../aws/resources/compute.ts';
import { eventOf, matchRoute, type ReadRequest, responseOf } from './http-event.ts';
import { claimsIn } from './jwt.ts';
import type { Invoked, Lambda } from './lambda.ts';
import { mayInvoke } from './permissions.ts';

export interface HttpApi {
  readonly url: string;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** What API Gateway answers by itself. */
const OWN = {
  401: 'Unauthorized',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/**
 * An HTTP API on this machine, with the routes, integrations and stages that the template made.
 *
 * @param apiId  asked at each request: an API may come later than what serves it
 */
export async function startHttpApi(
  account: Account,
  apiId: () => string | undefined,
  lambda: Lambda,
): Promise<HttpApi> {
  const server = createServer(async (incoming, outgoing) => {
    const request = await read(incoming);
    const api = account.apis.get(apiId() ?? '');
    const answer = api === undefined ? own(404) : await answerOf({ account, api, lambda }, request);
    noteAccess(account, api, { request, answer });
    send(outgoing, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function own(status: keyof typeof OWN): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ message: OWN[status] }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

async function answerOf(
  { account, api, lambda }: { account: Account; api: Api; lambda: Lambda },
  request: ReadRequest,
): Promise<HttpAnswer> {
  if (!api.stages.has('$default')) return own(404);
  if (request.body.length > BODY_BYTES_MAX) return own(413);
  const matched = matchRoute([...api.routes.values()], request);
  const integration = api.integrations.get(matched?.route.integrationId ?? '');
  if (matched === undefined || integration === undefined) return own(404);
  const authorizer = api.authorizers.get(matched.route.authorizerId ?? '');
  const claims = authorizer && claimsIn(account, authorizer, request.headers.authorization);
  if (authorizer !== undefined && claims === undefined) return own(401);
  const invoked = functionNamed(account, integration.functionArn);
  const [method = '', path = ''] = matched.route.routeKey.split(' ');
  const resource = `${api.id}/$default/${method}${path}`;
  const sourceArn = arnOf(account, 'execute-api', resource);
  const source = { principal: 'apigateway.amazonaws.com', sourceArn };
  if (!mayInvoke(account, invoked, source)) return own(500);
  const event = JSON.stringify(eventOf(account, api.id, request, { ...matched, claims }));
  const outcome = await within(integration.timeoutMs, lambda.invoke(invoked.arn, event));
  if (outcome === undefined || outcome.kind === 'throttled') return own(503);
  return (outcome.kind === 'answered' && responseOf(outcome.payload)) || own(500);
}

/** @returns nothing where it takes longer; the function runs on */
async function within(ms: number, invoked: Promise<Invoked>): Promise<Invoked | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return Promise.race([invoked, promise]).finally(() => clearTimeout(timer));
}

async function read(incoming: IncomingMessage): Promise<ReadRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const headers = Object.entries(incoming.headersDistinct).map(([name, values = []]) => [
    name,
    values.join(','),
  ]);
  return {
    id: randomUUID(),
    method: incoming.method ?? 'GET',
    path,
    query,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}

/** A line of the stage's access log, where it has one. */
function noteAccess(
  account: Account,
  api: Api | undefined,
  { request, answer }: { readonly request: ReadRequest; readonly answer: HttpAnswer },
): void {
  const log = api?.stages.get('$default')?.accessLog;
  if (api === undefined || log === undefined) return;
  const known: Readonly<Record<string, string>> = {
    requestId: request.id,
    requestTime: new Date().toISOString(),
    routeKey: matchRoute([...api.routes.values()], request)?.route.routeKey ?? '-',
    httpMethod: request.method,
    path: request.path,
    status: String(answer.status),
    responseLength: String(answer.body.length),
    'identity.sourceIp': '127.0.0.1',
    'identity.userAgent': request.headers['user-agent'] ?? '-',
  };
  const line = log.format.replace(/\$context\.([\w.]+)/g, (_, name: string) => known[name] ?? '-');
  account.logGroups.get(log.logGroup)?.lines.push(line);
}

function send(outgoing: ServerResponse, { status, headers, body }: HttpAnswer): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.length });
  outgoing.end(body);
}
