import { isUtf8 } from 'node:buffer';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Emulation } from './emulation.ts';
import { PASS_HEADER } from './emulation-guard.ts';
import { listen } from './ports.ts';

/** The one port of the local stack. */
export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** Each call takes a thread of the emulation: more of them at once only wait for each other. */
const CALLS_AT_ONCE_MAX = 16;

// The emulation takes a body without a type for JSON, and fails at one that it cannot parse.
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+ *(?:;[^,]*)?$/;

// And takes these apart by itself. Neither is JSON, so the function's answer is the same.
const MULTIPART = /^multipart\//i;

/**
 * Stands in the place of each byte where a body is no UTF-8: the emulation would put replacement
 * characters there and have it taken, where the function refuses it as no JSON.
 */
const NO_JSON = '?';

/**
 * Stands in the place of a JSON value that is no object and no array: the emulation would hand the
 * function the value and not its text. Both are refused alike.
 */
const NO_OBJECT = '[]';

/** What API Gateway answers by itself, before any function runs. */
const OWN_ANSWERS = {
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

// Headers of the emulation's own, or that belong to one connection only.
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'accept-ranges',
  'access-control-expose-headers',
  'vary',
  'access-control-allow-origin',
  'access-control-allow-credentials',
]);

/**
 * Stands before the emulation and makes it answer as API Gateway does where it answers otherwise:
 * HEAD and OPTIONS are no routes, and what no function answered has the gateway's own body.
 *
 * @param port  where to listen, 0 for any free port
 * @throws Error that says what to do where the port is in use
 */
export async function startGateway(
  port: number,
  emulation: Pick<Emulation, 'port' | 'pass'>,
): Promise<Gateway> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLS_AT_ONCE_MAX });
  const server = createServer((incoming, outgoing) => {
    if (!isForThisMachine(incoming)) {
      incoming.resume();
      return answerAsGateway(outgoing, 403);
    }
    if (isNoRoute(incoming)) {
      incoming.resume();
      return answerAsGateway(outgoing, 404);
    }
    void read(incoming).then((body) => {
      if (body === 'incomplete') return void outgoing.destroy();
      if (body === 'too-large') return answerAsGateway(outgoing, 413);
      forward({ incoming, outgoing, body, agent, emulation });
    });
  });
  const listening = await listen(server, port);
  return {
    port: listening,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
      agent.destroy();
    },
  };
}

/**
 * A page of another site can have its name resolved to this machine, and then read what it answers; the
 * `Host` still has that name.
 */
function isForThisMachine({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host);
}

/** HEAD and OPTIONS are none, and neither is a path that ends in a slash or cannot be decoded. */
function isNoRoute({ method, url = '/' }: IncomingMessage): boolean {
  if (method === 'HEAD' || method === 'OPTIONS') return true;
  const path = url.split('?')[0] ?? '';
  try {
    return decodeURIComponent(path).endsWith('/');
  } catch {
    return true;
  }
}

/** The whole body; it is read to its end also where it is larger than API Gateway takes. */
async function read(incoming: IncomingMessage): Promise<Buffer | 'incomplete' | 'too-large'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    return 'incomplete';
  }
  if (!incoming.complete) return 'incomplete';
  return bytes > BODY_BYTES_MAX ? 'too-large' : Buffer.concat(chunks);
}

interface Forward {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Buffer;
  readonly agent: Agent;
  readonly emulation: Pick<Emulation, 'port' | 'pass'>;
}

function forward({ incoming, outgoing, body, agent, emulation }: Forward): void {
  const sent = passable(body);
  const onward = request(
    {
      agent,
      host: '127.0.0.1',
      port: emulation.port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...onwardHeaders(incoming, sent), [PASS_HEADER]: emulation.pass },
    },
    (answer) => {
      // Every function names the request; what does not comes from the emulation itself.
      if (answer.headers['x-request-id'] === undefined) {
        answer.resume();
        return answerAsGateway(outgoing, ownStatus(answer.statusCode));
      }
      const passed = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_ON.has(name));
      outgoing.writeHead(answer.statusCode ?? 500, Object.fromEntries(passed));
      answer.pipe(outgoing);
    },
  );
  onward.on('error', () => answerAsGateway(outgoing, 503));
  onward.end(sent);
}

/** The body in a form that the emulation does not change. */
function passable(body: Buffer): Buffer {
  if (!isUtf8(body)) return Buffer.alloc(body.length, NO_JSON);
  return isPrimitive(body.toString()) ? Buffer.from(NO_OBJECT.padEnd(body.length)) : body;
}

function isPrimitive(text: string): boolean {
  if (/^\s*(?:[{[]|$)/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** As the function is to see them: what came twice is joined, and a type that is none stays none. */
function onwardHeaders(incoming: IncomingMessage, body: Buffer): Record<string, string> {
  const sent = Object.entries(incoming.headersDistinct).filter(
    ([name]) => name !== 'transfer-encoding',
  );
  const joined = Object.fromEntries(sent.map(([name, values = []]) => [name, values.join(',')]));
  const type = joined['content-type'] ?? '';
  return {
    ...joined,
    'content-type':
      MEDIA_TYPE.test(type) && !MULTIPART.test(type) ? type : 'application/octet-stream',
    'content-length': String(body.length),
    connection: 'keep-alive',
  };
}

function ownStatus(status = 500): keyof typeof OWN_ANSWERS {
  // It looks at a body before it looks for a route, and API Gateway at no body at all.
  if (status === 400 || status === 404) return 404;
  if (status === 413) return status;
  return status === 503 || status === 504 ? 503 : 500;
}

function answerAsGateway(outgoing: ServerResponse, status: keyof typeof OWN_ANSWERS): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ message: OWN_ANSWERS[status] }));
}
