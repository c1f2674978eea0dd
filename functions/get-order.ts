import { orderDocument } from '../lib/contract/documents.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { conditional } from '../lib/http/etag.ts';
import { notFound, wasErased } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { readOrder } from '../lib/store/read.ts';

/** GET /orders/{id}: 200 with the order, 304 if the client has it; 404, 410, 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:read' }, async ({ caller, headers, ...request }) => {
    const id = request.pathParameters.id ?? '';
    const order = isOrderId(id) ? await readOrder(store, id, clock.now()) : undefined;
    const withClient = isAdmin(caller);
    if (order === undefined || (order.client !== caller.client && !withClient)) return notFound();
    if (order.status === 'erased') return wasErased();
    return conditional(orderDocument(order, { withClient }), headers['if-none-match']);
  });
});
