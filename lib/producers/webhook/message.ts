import { createHash } from 'node:crypto';
import { orderDocument } from '../../contract/documents.ts';
import { formatInstant } from '../../orders/instant.ts';
import type { ClaimedOrder } from '../../orders/order.ts';
import type { Message } from '../../webhook/signature.ts';

/** One order. Its id is the message's. The same, byte for byte, each time that the order is sent. */
export function orderMessage(order: ClaimedOrder): Message {
  const timestamp = formatInstant(order.acceptedAtMs);
  return {
    id: order.id,
    body: JSON.stringify({ type: 'order.produce', timestamp, data: lastingDocument(order) }),
  };
}

/** Orders that were erased. The same id for the same orders, however often they are sent. */
export function eraseMessage(ids: readonly string[], nowMs: number): Message {
  const digest = createHash('sha256').update(ids.join('\n')).digest('hex');
  return {
    id: `erase_${digest.slice(0, 40)}`,
    body: JSON.stringify({
      type: 'orders.erase',
      timestamp: formatInstant(nowMs),
      data: { ids },
    }),
  };
}

/** Several orders. Their batch may be another one next time, so each order's own id counts. */
export function batchMessage(orders: readonly ClaimedOrder[]): Message {
  const digest = createHash('sha256').update(orders.map(({ id }) => id).join('\n'));
  const latestMs = orders.reduce((latest, order) => Math.max(latest, order.acceptedAtMs), 0);
  return {
    id: `batch_${digest.digest('hex').slice(0, 40)}`,
    body: JSON.stringify({
      type: 'orders.produce',
      timestamp: formatInstant(latestMs),
      data: { orders: orders.map(lastingDocument) },
    }),
  };
}

/** The order as an admin reads it, less what changes from attempt to attempt. */
function lastingDocument(order: ClaimedOrder) {
  const document = orderDocument(order, { withClient: true });
  const { status, attempts, updatedAt, nextAttemptAt, lastError, history, replaced, ...lasting } =
    document;
  return lasting;
}
