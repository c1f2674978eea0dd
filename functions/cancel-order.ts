import { changedReceipt, orderDocument } from '../lib/contract/documents.ts';
import { isAdmin, mayCall } from '../lib/http/authenticate.ts';
import { notCanceled } from '../lib/http/changes.ts';
import { json, notFound } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { cancel } from '../lib/store/cancel.ts';

/**
 * POST /orders/{id}/cancel: 200 with the order, canceled; 404, 409 and 503 as problem details. A key
 * that may not read orders is told no more than the receipt has told it.
 */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:write', audit: 'cancel' }, async ({ caller, pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const withClient = isAdmin(caller);
    const mayRead = mayCall(caller, 'orders:read');
    const whose = withClient ? {} : { client: caller.client };
    const answer = await cancel(store, { id, nowMs: clock.now(), ...whose });
    if (answer.kind !== 'canceled') return notCanceled(answer, mayRead);
    const { order } = answer;
    const document = mayRead ? orderDocument(order, { withClient }) : changedReceipt(order);
    return json(200, document);
  });
});
