import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How a request is answered: at once, later, or by closing the connection. */
export type Answering = (request: Received) => Reply | 'reset' | Promise<Reply | 'reset'>;

/** An HTTP server on a free port, for faults that the real one can't be made to show on demand. */
export async function pretendServer(
  answering: Answering,
): Promise<{ readonly url: URL; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    received.push(request);
    const reply = await answering(request);
    if (reply === 'reset') incoming.socket.resetAndDestroy();
    else send(response, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/`), received };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers a submit as the API does: with a receipt, and for a key that came before with the same one. */
export function receipts(): (request: Received) => Reply {
  const replies = new Map<string, Reply>();
  return ({ headers, body }) => {
    const key = String(headers['idempotency-key']);
    const before = replies.get(key);
    if (before) return { ...before, headers: { 'idempotent-replayed': 'true' } };
    const { customer, currency, lines } = JSON.parse(body);
    let totalAmount = 0;
    for (const { quantity, unitAmount } of lines) totalAmount += quantity * unitAmount;
    const id = `ord_${replies.size + 1}`;
    const acceptedAt = '2026-11-22T13:37:00.000Z';
    const reply = {
      status: 202,
      body: { id, status: 'queued', customer, currency, totalAmount, acceptedAt },
    };
    replies.set(key, reply);
    return reply;
  };
}
