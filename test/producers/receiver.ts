import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { WebhookSettings } from '../../lib/producers/webhook/webhook-settings.ts';
import { type WebhookDependencies, webhookProducer } from '../../lib/producers/webhook.ts';

/** A POST as a receiver got it. */
export interface Received {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Ids of the orders in it. */
  readonly orders: readonly string[];
  /** Which connection it came by, counted from 1. */
  readonly connection: number;
}

export type Answer = (received: Received, response: ServerResponse) => unknown;

export interface ReceiverOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly keepAliveMs?: number;
}

/** A real HTTP server that keeps what it gets and answers as its test wants. */
export async function startReceiver(answer: Answer = accept, options: ReceiverOptions = {}) {
  const all: Received[] = [];
  const connections = new Map<unknown, number>();
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = options.tls ? createTlsServer(options.tls) : createServer();
  server.keepAliveTimeout = options.keepAliveMs ?? 60_000;
  server.on('request', async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (!connections.has(incoming.socket)) connections.set(incoming.socket, connections.size + 1);
    const body = Buffer.concat(chunks).toString();
    const received: Received = {
      id: String(incoming.headers['webhook-id']),
      method: String(incoming.method),
      path: String(incoming.url),
      headers: incoming.headers,
      body,
      orders: ordersIn(body),
      connection: connections.get(incoming.socket) ?? 0,
    };
    all.push(received);
    for (const { resolve } of waiting.filter(({ count }) => count <= all.length)) resolve();
    answer(received, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://localhost:${port}/orders?from=sluice`,
    /** What it got, in that order. */
    all,
    /** Settles once it has got so many. */
    got: (count: number) =>
      new Promise<void>((resolve) => {
        if (all.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with a status and no body. */
export const failWith =
  (status: number, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end();

export function accept(_: unknown, response: ServerResponse): void {
  response.end();
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function ordersIn(body: string): string[] {
  const { data } = JSON.parse(body) as { data?: { id: string; orders?: { id: string }[] } };
  if (data === undefined) return [];
  return data.orders?.map(({ id }) => id) ?? [data.id];
}

/** 32 bytes, as Standard Webhooks has secrets. */
export const SECRET = Buffer.alloc(32, 7);

/** Settings for a receiver on this machine. */
function settingsFor(url: string, overrides: Partial<WebhookSettings> = {}): WebhookSettings {
  return {
    url: new URL(url),
    isPrivateAllowed: true,
    secrets: [SECRET],
    mode: 'order',
    isJsonRequired: false,
    isErasing: false,
    concurrency: 2,
    timeoutMs: 5_000,
    ...overrides,
  };
}

/** The webhook producer that a test puts before a receiver. */
export function producerFor(
  url: string,
  dependencies: Pick<WebhookDependencies, 'clock'> & Partial<WebhookDependencies>,
  overrides: Partial<WebhookSettings> = {},
) {
  return webhookProducer(settingsFor(url, overrides), { log: () => undefined, ...dependencies });
}
