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
  /** Sent as it is, in place of a body as JSON. */
  readonly text?: string;
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

function send(response: ServerResponse, { status, headers, body, text }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text ?? JSON.stringify(body));
}

/** An order of a batch, as far as a receipt needs it. */
export interface BatchOrder {
  readonly idempotencyKey: string;
  readonly customer: string;
  readonly currency: string;
  readonly lines: readonly { readonly quantity: number; readonly unitAmount: number }[];
}

export interface Refusal {
  readonly status: number;
  readonly problem: object;
}

export function ordersOf({ body }: Received): BatchOrder[] {
  return JSON.parse(body).orders;
}

/**
 * Answers a batch as the API does: each order with a receipt, and one whose key came before with
 * the same one, unless `refusalOf` has something against it.
 */
export function receipts(
  refusalOf: (order: BatchOrder) => Refusal | undefined = () => undefined,
): (request: Received) => Reply {
  const known = new Map<string, object>();
  const resultOf = (order: BatchOrder) => {
    const refusal = refusalOf(order);
    if (refusal) return refusal;
    const before = known.get(order.idempotencyKey);
    const receipt = before ?? receiptOf(order, pretendId(known.size + 1));
    known.set(order.idempotencyKey, receipt);
    return { status: 202, replayed: before !== undefined, order: receipt };
  };
  return (request) => {
    const results = ordersOf(request).map((order, index) => ({ index, ...resultOf(order) }));
    return { status: 200, body: { results } };
  };
}

/** The id of the nth order that a pretend server accepts. */
export function pretendId(n: number): string {
  return `ord_${String(n).padStart(32, '0')}`;
}

function receiptOf({ customer, currency, lines }: BatchOrder, id: string): object {
  let totalAmount = 0;
  for (const { quantity, unitAmount } of lines) totalAmount += quantity * unitAmount;
  const acceptedAt = '2026-11-22T13:37:00.000Z';
  return { id, status: 'queued', customer, currency, totalAmount, acceptedAt };
}
