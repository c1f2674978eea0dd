import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Platform, platformWith } from '../../lib/client/platform.ts';
import { once } from './actions.ts';
import { badRequest, readBody, refuse, send, sendJson } from './answers.ts';
import { CHANGES, READS } from './calls.ts';
import { hasToken, strangerIn } from './guard.ts';
import { HEADERS } from './headers.ts';
import { livePoll } from './live.ts';
import { buildPage } from './page.ts';
import { runbookSection } from './runbook.ts';
import { upstreamOf } from './upstream.ts';

export interface ConsoleOptions {
  /** Where the API is, and the operator's key. The key is sent there and nowhere else. */
  readonly api: { readonly url: URL; readonly key: string };
  /** The address to listen at; this machine's own by default. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly port?: number;
  /** Whether every change is refused. */
  readonly isReadOnly?: boolean;
  readonly platform?: Partial<Platform>;
}

/** A console that answers. */
export interface Console {
  /** What to open, with the token that lets the page in. */
  readonly address: string;
  /**
   * An address to start a browser with, which leads to that one, once and within a minute: who can see the
   * processes of this machine sees it, and has no use for it once the browser is there.
   */
  entrance(): string;
  close(): Promise<void>;
}

const TOKEN_BYTES = 16;
const ENTRANCE = '/enter/';
const ENTRANCE_MS_MAX = 60_000;
const ACTION = /^[\w-]{8,64}$/;

/**
 * Serves the page, and forwards what it asks for to the API. Only who knows the token in the address
 * gets anything but the empty page.
 *
 * @throws Error that says what to do where the port is in use; TypeError for a wrong address or key
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { api, host = '127.0.0.1', port = 0, isReadOnly = false, platform = {} } = options;
  const token = secret();
  const { clock } = platformWith(platform);
  const entrances = new Map<string, number>();
  const upstream = upstreamOf(api, platform);
  const live = livePoll(upstream, { isReadOnly, api: api.url.host });
  const changeOnce = once<object>();
  const files = await buildPage();
  let authority = '';

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', 'http://console');
    const stranger = strangerIn(headers, authority);
    if (stranger !== undefined) return refuse(response, 403, stranger);
    if (url.pathname.startsWith(ENTRANCE)) return enter(url.pathname, response);
    const file = files.get(url.pathname);
    if (file !== undefined && method === 'GET') return send(response, 200, file);
    if (!hasToken(headers, token)) {
      return refuse(response, 403, 'Open the address that the terminal shows: it has the token.');
    }
    if (method === 'GET') return read(url, response);
    if (method === 'POST') return change(url, request, response);
    return refuse(response, 405, 'The console has no such method.');
  }

  function enter(pathname: string, response: ServerResponse): void {
    const name = pathname.slice(ENTRANCE.length);
    const untilMs = entrances.get(name);
    entrances.delete(name);
    if (untilMs !== undefined && clock.now() <= untilMs) {
      response.writeHead(303, { ...HEADERS, location: `/#${token}` }).end();
    } else refuse(response, 403, 'Open the address that the terminal shows: this one was used.');
  }

  async function read({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    if (pathname === '/api/live') {
      const maxAgeMs = Number(searchParams.get('maxAgeMs'));
      return sendJson(response, 200, await live.now(maxAgeMs));
    }
    if (pathname === '/api/runbook') {
      const text = await runbookSection(searchParams.get('section') ?? '');
      return sendJson(response, 200, { text: text ?? null });
    }
    const call = READS.get(pathname);
    if (call === undefined) return refuse(response, 404, 'The console has no such page.');
    sendJson(response, 200, await call(upstream, Object.fromEntries(searchParams)));
  }

  async function change(
    { pathname }: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const why = await live.readOnly();
    if (why !== undefined) return refuse(response, 403, READ_ONLY[why]);
    const call = CHANGES.get(pathname);
    if (call === undefined) return refuse(response, 404, 'The console has no such change.');
    const body = await readBody(request);
    const action = request.headers['x-console-action'];
    const isNamed = typeof action === 'string' && ACTION.test(action);
    if (body === undefined || !isNamed) return refuse(response, 400, 'This is no change.');
    const reply = await changeOnce(`${pathname} ${action}`, async () => {
      const made = await call(upstream, body);
      live.forget();
      return made;
    });
    sendJson(response, 200, reply);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The stack of a fault of the console, never a request: that may carry the token.
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { refused: 'The console has a fault; the terminal shows it.' });
    });
  });
  server.on('clientError', (_, socket) => socket.end(badRequest()));
  await listen(server, { host, port });
  const bound = (server.address() as AddressInfo).port;
  authority = `${host.includes(':') ? `[${host}]` : host}:${bound}`;
  return {
    address: `http://${authority}/#${token}`,
    entrance() {
      const name = secret();
      entrances.set(name, clock.now() + ENTRANCE_MS_MAX);
      return `http://${authority}${ENTRANCE}${name}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function secret(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

const READ_ONLY = {
  flag: 'This console was started with --read-only.',
  scope: 'The key of this console lacks orders:admin, so it changes nothing.',
  unknown: 'The API has not said yet what the key of this console may do.',
} as const;

function listen(
  server: ReturnType<typeof createServer>,
  at: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = `Port ${at.port} is in use. Choose another one with --port.`;
      reject(error.code === 'EADDRINUSE' ? new Error(inUse) : error);
    });
    server.listen(at, resolve);
  });
}
