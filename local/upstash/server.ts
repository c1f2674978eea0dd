import { createHash, timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { shareConnection } from '../redis/connection.ts';
import {
  type Format,
  readFormat,
  send,
  sendError,
  sendFailure,
  sendReplies,
  sendReply,
} from './answer.ts';
import { readBody, readCommand, readCommands, readPath, readRules, segments } from './command.ts';
import { streamEvents } from './event-stream.ts';
import { createExecutor, type Executor } from './execute.ts';
import { type Rules, SERVICE_ERRORS, type Usage } from './rules.ts';
import { openService, type Service } from './service.ts';

/** A local stand-in for an Upstash database's REST endpoint. */
export type UpstashServer = {
  url: string;
  /** In force at once when they are changed, here or by `PUT /sluice/rules`. */
  rules: Rules;
  /** Also answered by `GET /sluice/usage`. */
  usage: Usage;
  /** Ends open event streams and idle keep-alive connections too. */
  close(): Promise<void>;
};

const KEEP_ALIVE_MS = 75_000;
const METHODS = ['HEAD', 'GET', 'POST', 'PUT'];
const EVENT_STREAMS = ['subscribe', 'psubscribe', 'monitor'];

/**
 * Serves a redis-server over HTTP as Upstash does.
 *
 * @param options.socketPath  where the redis-server listens
 * @param options.token       what clients send as their bearer token
 * @param options.port        a free one when 0 or missing
 * @param options.host        127.0.0.1 when missing
 * @param options.replyMsMax  how long Redis may stay silent before it is taken for gone
 * @param options.rules       what differs from the rules of the service's usual plan
 * @throws Error when the port is taken
 */
export async function startUpstashServer(options: {
  socketPath: string;
  token: string;
  port?: number;
  host?: string;
  replyMsMax?: number;
  rules?: Partial<Rules>;
}): Promise<UpstashServer> {
  const host = options.host ?? '127.0.0.1';
  const connection = shareConnection(options);
  const service = await openService(connection, options.rules);
  const { rules, usage } = service;
  const executor = createExecutor(connection, service);
  const isToken = tokenCheck(options.token);
  let requests = 0;

  const server = http.createServer((request, response) => {
    requests += 1;
    response.setHeader('upstash-sync-token', requests.toString(32));
    answer(request, response).catch((error) => sendFailure(response, error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, query } = splitTarget(request.url ?? '/');
    if (!METHODS.includes(request.method ?? '')) {
      response.setHeader('allow', METHODS.join(', '));
      sendError(response, 405, 'ERR method not allowed');
    } else if (!isToken(sentToken(request, query))) {
      sendError(response, 401, SERVICE_ERRORS.unauthorized);
    } else if (EVENT_STREAMS.includes(pathname.split('/')[1]?.toLowerCase() ?? '')) {
      streamEvents(response, options.socketPath, segments(pathname));
    } else if (pathname.startsWith('/sluice/')) {
      await answerAboutItself(service, request, response, pathname);
    } else {
      // The body comes first, so that a client has sent all of it before it is refused.
      const body = await readBody(request);
      await pause(rules.delayMs);
      const sendAnswer = await runCommands(executor, readFormat(request), body, pathname, query);
      await pause(rules.delayMs);
      sendAnswer(response);
    }
  }

  // Longer than clients keep theirs: a connection closed under a request would look like a fault.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    rules,
    usage,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      connection.close();
    },
  };
}

/** @returns what sends the answer */
async function runCommands(
  executor: Executor,
  format: Format,
  body: Buffer,
  pathname: string,
  query: URLSearchParams,
): Promise<(response: ServerResponse) => void> {
  if (pathname === '/pipeline') {
    const reply = await executor.pipeline(readCommands(body));
    return (response) => sendReplies(response, reply, format);
  }
  if (pathname === '/multi-exec') {
    const reply = await executor.transaction(readCommands(body));
    // The response format does not apply here, as documented.
    return (response) => sendReplies(response, reply, { ...format, resp2: false });
  }
  const command = pathname === '/' ? readCommand(body) : readPath(pathname, body, query);
  const reply = await executor.pipeline([command]);
  const [only = reply] = reply.kind === 'array' ? reply.items : [];
  return (response) => sendReply(response, only, format);
}

/** What a service does not have: `GET /sluice/usage`, and `PUT /sluice/rules` with some of them. */
async function answerAboutItself(
  { rules, usage }: Service,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): Promise<void> {
  if (pathname === '/sluice/rules' && request.method === 'PUT') {
    Object.assign(rules, readRules((await readBody(request)).toString()));
    send(response, 200, JSON.stringify(rules));
  } else if (pathname === '/sluice/usage') send(response, 200, JSON.stringify(usage));
  else sendError(response, 404, 'ERR there are GET /sluice/usage and PUT /sluice/rules');
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await delay(ms);
}

/** By hand, because URL would resolve a key that is called `..`. */
function splitTarget(target: string): { pathname: string; query: URLSearchParams } {
  const queryAt = target.indexOf('?');
  const pathname = queryAt === -1 ? target : target.slice(0, queryAt);
  return {
    pathname: pathname.replace(/\/+$/, '') || '/',
    query: new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt + 1)),
  };
}

function tokenCheck(token: string): (sent: string) => boolean {
  // Digests have one length, which timingSafeEqual needs and which hides the token's.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (sent) => timingSafeEqual(digest(sent), expected);
}

function sentToken(request: IncomingMessage, query: URLSearchParams): string {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '');
  return query.get('_token') ?? bearer?.[1] ?? '';
}
