import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** An order as Sluice sends it. */
export interface SentOrder {
  readonly id: string;
  readonly client: string;
  readonly customer: string;
  readonly currency: string;
  /** In the currency's minor unit. */
  readonly totalAmount: number;
  readonly lines: readonly object[];
}

/** What is sent: one order, or the orders of a batch where SLUICE_WEBHOOK_MODE is `batch`. */
type Message =
  | { readonly type: 'order.produce'; readonly data: SentOrder }
  | { readonly type: 'orders.produce'; readonly data: { readonly orders: readonly SentOrder[] } }
  /** Where SLUICE_WEBHOOK_ERASE is `on`. */
  | { readonly type: 'orders.erase'; readonly data: { readonly ids: readonly string[] } };

export interface ReceiverOptions {
  /** As in SLUICE_WEBHOOK_SECRETS: `whsec_…`. */
  readonly secret: string;
  /** Gives each order its effect; called once for each. */
  readonly produce: (order: SentOrder) => { readonly orderNumber: number };
  /** Removes what it has of an order; called again for the same one, and for some it never had. */
  readonly erase?: (id: string) => void;
  /** Told of each request whose signature is wrong or too old. */
  readonly onRefused?: () => void;
}

const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** A receiver of orders: verifies who sent them, and gives each one effect. */
export function createReceiver({ secret, produce, erase, onRefused }: ReceiverOptions): Server {
  const webhook = new Webhook(secret);
  // In a database, this is a column with a unique constraint, written in one transaction with the
  // effect: then an order that comes again, after a crash too, finds what was made of it.
  const made = new Map<string, { readonly orderNumber: number }>();

  function produceOnce(order: SentOrder) {
    const before = made.get(order.id);
    if (before !== undefined) return before;
    const effect = produce(order);
    made.set(order.id, effect);
    return effect;
  }

  function answerTo(message: Message): object {
    if (message.type === 'order.produce') return produceOnce(message.data);
    if (message.type === 'orders.erase') {
      // `made` has no data of theirs, and keeps a late repeat from having an effect.
      for (const id of message.data.ids) erase?.(id);
      return {};
    }
    const results = message.data.orders.map((order) => {
      return { id: order.id, status: 'produced', ...produceOnce(order) };
    });
    return { results };
  }

  return createServer(async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { socket } = request;
    const body = await bodyOf(request).catch(() => undefined);
    // By now the request is destroyed, and its connection is not.
    if (body === undefined) return void socket.destroy();
    let message: Message;
    try {
      // The bytes as they came: JSON that is parsed and written again may have another signature.
      message = webhook.verify(body, request.headers as Record<string, string>) as Message;
    } catch {
      onRefused?.();
      // No order is to blame for a wrong secret. 401 would send it to the dead letters.
      return answer(503, { reason: 'The signature could not be verified.' });
    }
    try {
      answer(200, answerTo(message));
    } catch {
      answer(500, { reason: 'The order could not be produced.' });
    }
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  // What says that it is too large is not waited for.
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) {
    throw new Error('The body is too large.');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
