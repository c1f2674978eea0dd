import { createHash, timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { shareConnection } from '../redis/connection.ts';
import { readFormat, sendError, sendFailure, sendReplies, sendReply } from './answer.ts';
import { readCommand, readCommands, readPath, segments } from './command.ts';
import { createTranslator } from './dialect.ts';
import { streamEvents } from './event-stream.ts';
import { createExecutor, type Executor } from './execute.ts';
import { readBody } from './size-limit.ts';

/** A local stand-in for an Upstash database's REST endpoint. */
export type UpstashServer = {
  url: string;
  /** Ends open event streams and idle keep-alive connections too. */
  close(): Promise<void>;
};

const KEEP_ALIVE_MS = 75_000;
const METHODS = ['HEAD', 'GET', 'POST', 'PUT'];
const EVENT_STREAMS = ['subscribe', 'psubscribe', 'monitor'];
const UNAUTHORIZED =
  'WRONGPASS invalid or missing auth token. See https://upstash.com/docs/redis/troubleshooting/http_unauthorized for details';

/**
 * Serves a redis-server over HTTP as Upstash does.
 *
 * @param options.socketPath  where the redis-server listens
 * @param options.token       what clients send as their bearer token
 * @param options.port        a free one when 0 or missing
 * @param options.host        127.0.0.1 when missing
 * @param options.replyMsMax  how long Redis may stay silent before it is taken for gone
 * @throws Error when the port is taken
 */
export async function startUpstashServer(options: {
  socketPath: string;
  token: string;
  port?: number;
  host?: string;
  replyMsMax?: number;
}): Promise<UpstashServer> {
  const host = options.host ?? '127.0.0.1';
  const connection = shareConnection(options);
  const executor = createExecutor(connection, createTranslator());
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
      sendError(response, 401, UNAUTHORIZED);
    } else if (EVENT_STREAMS.includes(pathname.split('/')[1]?.toLowerCase() ?? '')) {
      streamEvents(response, options.socketPath, segments(pathname));
    } else {
      await answerCommands(executor, request, response, pathname, query);
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
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      connection.close();
    },
  };
}

async function answerCommands(
  executor: Executor,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  query: URLSearchParams,
): Promise<void> {
  // The body comes first, so that a client has sent all of it before it is refused.
  const body = await readBody(request);
  const format = readFormat(request);
  if (pathname === '/pipeline') {
    sendReplies(response, await executor.pipeline(readCommands(body)), format);
  } else if (pathname === '/multi-exec') {
    // The response format does not apply here, as documented.
    const json = { ...format, resp2: false };
    const reply = await executor.transaction(readCommands(body));
    if (reply.kind === 'array') sendReplies(response, reply.items, json);
    else sendReply(response, reply, json);
  } else {
    const command = pathname === '/' ? readCommand(body) : readPath(pathname, body, query);
    for (const reply of await executor.pipeline([command])) sendReply(response, reply, format);
  }
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
