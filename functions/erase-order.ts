import { notFound, problem } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { erase } from '../lib/store/erase.ts';

/** DELETE /orders/{id}: 204 once what the order held is gone; 404, 409 and 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin', audit: 'erase' }, async ({ pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const { kind } = await erase(store, id, clock.now());
    if (kind === 'not-found') return notFound();
    if (kind === 'refused') {
      return problem('not-erasable', 'This order is being produced. Try again in a minute.');
    }
    return { status: 204 };
  });
});
