import type { ClaimedOrder } from '../orders/order.ts';

/**
 * The order in which orders are sent: the clients take turns, so that a few calls show whether the
 * receiver fails for all of them or for one. Of a client, orders that failed before come last: what
 * they fail of may be their own.
 */
export function byClientInTurn(orders: readonly ClaimedOrder[]): ClaimedOrder[] {
  const clients = Map.groupBy(orders, ({ client }) => client);
  const queues = [...clients.values()].map((own) =>
    own.toSorted((one, other) => one.attempts - other.attempts),
  );
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) =>
    queues.flatMap((queue) => queue[at] ?? []),
  ).flat();
}
