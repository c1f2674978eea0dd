import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { countOrders } from '../lib/store/count.ts';

/** GET /stats: 200 with the number of orders in each state; 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin' }, async () =>
    json(200, await countOrders(store, clock.now())),
  );
});
