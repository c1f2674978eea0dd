import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from './ports.ts';

/** The one port of the local stack. */
export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** What API Gateway answers by itself, before any function runs. */
const OWN_ANSWERS = {
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
]);

/**
 * Stands before the emulation and makes it answer as API Gateway does where it answers otherwise:
 * HEAD and OPTIONS are no routes, and what no function answered has the gateway's own body.
 *
 * @param port  where to listen, 0 for any free port
 * @throws Error that says what to do where the port is in use
 */
export async function startGateway(port: number, emulationPort: number): Promise<Gateway> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'HEAD' || incoming.method === 'OPTIONS') {
      incoming.resume();
      return answerAsGateway(outgoing, 404);
    }
    void read(incoming).then((body) => {
      if (body === undefined) return answerAsGateway(outgoing, 413);
      forward({ incoming, outgoing, body, agent, emulationPort });
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

/** The body, or `undefined` where it is larger than API Gateway takes; it is read to its end. */
async function read(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    // The client is gone; nobody waits for an answer.
  }
  return bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks);
}

interface Forward {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Buffer;
  readonly agent: Agent;
  readonly emulationPort: number;
}

function forward({ incoming, outgoing, body, agent, emulationPort }: Forward): void {
  const { 'transfer-encoding': _, ...headers } = incoming.headers;
  const onward = request(
    {
      agent,
      host: '127.0.0.1',
      port: emulationPort,
      method: incoming.method,
      path: incoming.url,
      headers: { ...headers, connection: 'keep-alive', 'content-length': String(body.length) },
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
  onward.end(body);
}

function ownStatus(status = 500): keyof typeof OWN_ANSWERS {
  if (status === 404 || status === 413) return status;
  return status === 503 || status === 504 ? 503 : 500;
}

function answerAsGateway(outgoing: ServerResponse, status: keyof typeof OWN_ANSWERS): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ message: OWN_ANSWERS[status] }));
}
