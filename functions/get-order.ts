import { orderDocument } from '../lib/contract/documents.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { conditional } from '../lib/http/etag.ts';
import { notFound } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** GET /orders/{id}: 200 with the order, 304 where the client has it; 404, 503 as problems. */
export const handler = await httpFunction(({ clock, keys, redisForRequests, route }) => {
  const store = readStore(redisForRequests(), keys);

  return route({ scope: 'orders:read' }, async ({ caller, headers, ...request }) => {
    const id = request.pathParameters.id ?? '';
    const order = isOrderId(id) ? await store.read(id, clock.now()) : undefined;
    const withClient = isAdmin(caller);
    if (order === undefined || (order.client !== caller.client && !withClient)) return notFound();
    return conditional(orderDocument(order, { withClient }), headers['if-none-match']);
  });
});
