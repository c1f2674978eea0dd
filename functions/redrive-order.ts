import { randomUUID } from 'node:crypto';
import { orderDocument } from '../lib/contract/documents.ts';
import { json, notFound, problem } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { redriveStore } from '../lib/redis/redrive-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** POST /orders/{id}/redrive: 202 with the order, ready again; 404, 409 and 503 as problems. */
export const handler = await httpFunction(({ clock, keys, redisForRequests, route }) => {
  const client = redisForRequests();
  const store = { ...redriveStore(client, keys), ...readStore(client, keys) };

  return route({ scope: 'orders:admin' }, async ({ pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const nowMs = clock.now();
    const [isRedriven] = await store.redrive({ ids: [id], pauseMs: 0, mark: randomUUID(), nowMs });
    const order = await store.read(id, nowMs);
    if (order === undefined) return notFound();
    if (!isRedriven) return problem('not-dead', `This order is ${order.status}.`);
    return json(202, orderDocument(order, { withClient: true }));
  });
});
