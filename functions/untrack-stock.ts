import { httpFunction } from '../lib/runtime.ts';
import { untrackStock } from '../lib/store/stock.ts';

/** DELETE /stock/{sku}: 204 once it is not tracked; 503 as problem details. */
export const handler = await httpFunction(({ storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin', audit: 'untrack-stock' }, async ({ pathParameters }) => {
    await untrackStock(store, pathParameters.sku ?? '');
    return { status: 204 };
  });
});
