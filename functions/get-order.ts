import { orderDocument } from '../lib/contract/documents.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { conditional } from '../lib/http/etag.ts';
import { notFound, wasErased } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { findOrder } from '../lib/store/read.ts';

/** GET /orders/{id}: 200 with the order, 304 if the client has it; 404, 410, 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:read', audit: 'read' }, async ({ caller, headers, ...request }) => {
    const id = request.pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const found = await findOrder(store, id, clock.now());
    if (found.kind === 'none') return notFound();
    const withClient = isAdmin(caller);
    const { client } = found.kind === 'order' ? found.order : found;
    if (client !== caller.client && !withClient) return notFound();
    if (found.kind === 'erased') return wasErased();
    return conditional(orderDocument(found.order, { withClient }), headers['if-none-match']);
  });
});
