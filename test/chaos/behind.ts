import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Nature } from './order-plan.ts';

/** What a drain process asks of the system behind, for each order of a batch. */
export interface Handover {
  readonly id: string;
  readonly nature: Nature;
  /** The number that it would give the order. */
  readonly orderNumber: number;
}

export interface HandoverRequest {
  readonly pid: number;
  readonly token: number;
  readonly orders: readonly Handover[];
}

export type Verdict =
  | { readonly kind: 'produced'; readonly orderNumber: number }
  | { readonly kind: 'retry' | 'rejected'; readonly reason: string };

/** What the system behind knows of an order. */
export interface Entry {
  /** The number that it took effect with. */
  orderNumber?: number;
  /** The fencing token of each call. */
  readonly tokens: number[];
}

/**
 * The system behind, outside of Redis and of all that is killed: a ledger that takes an order's id
 * as its idempotency key and remembers every call.
 *
 * @param onEffect  is called when the effect of a request is there and its reply is not sent yet;
 *   answers whether it shall be lost
 */
export async function startBehind(onEffect: (pid: number) => boolean) {
  const entries = new Map<string, Entry>();

  function verdictOn({ id, nature, orderNumber }: Handover, token: number): Verdict {
    const entry = entries.get(id) ?? { tokens: [] };
    entries.set(id, entry);
    entry.tokens.push(token);
    if (nature === 'reject') return { kind: 'rejected', reason: 'no such sku' };
    if (nature === 'retry' && entry.tokens.length === 1) return { kind: 'retry', reason: 'busy' };
    entry.orderNumber ??= orderNumber;
    return { kind: 'produced', orderNumber: entry.orderNumber };
  }

  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const { pid, token, orders } = JSON.parse(body) as HandoverRequest;
    const verdicts = orders.map((order) => [order.id, verdictOn(order, token)]);
    if (onEffect(pid)) outgoing.destroy();
    else outgoing.end(JSON.stringify(verdicts));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: entries as ReadonlyMap<string, Entry>,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
