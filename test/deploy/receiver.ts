import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** Orders of this customer are refused until they are let through. */
export const REFUSED_CUSTOMER = 'refused-customer';

/**
 * The downstream system, on this machine: takes orders at `/orders` and events at `/events`, and knows
 * each sender by its own secret.
 */
export async function startReceiver(secrets: { readonly orders: string; readonly events: string }) {
  const orders = new Map<string, { readonly customer: string }>();
  const events: { readonly type: string; readonly data: { readonly id: string } }[] = [];
  let isRefusing = true;

  function takeOrder(order: { id: string; customer: string }): [number, object] {
    if (isRefusing && order.customer === REFUSED_CUSTOMER) {
      return [422, { reason: 'This customer is blocked.' }];
    }
    orders.set(order.id, order);
    return [200, { orderNumber: orders.size }];
  }

  const server = createServer(async (request, response) => {
    const kind = request.url === '/events' ? 'events' : 'orders';
    const body = await bodyOf(request);
    const headers = request.headers as Record<string, string>;
    const message = new Webhook(secrets[kind]).verify(body, headers) as { data: never };
    if (kind === 'events') events.push(JSON.parse(body));
    const [status, answer] = kind === 'events' ? [200, {}] : takeOrder(message.data);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders: orders as ReadonlyMap<string, { readonly customer: string }>,
    events: events as readonly (typeof events)[number][],
    letThrough() {
      isRefusing = false;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
