import { pauseDocument } from '../lib/contract/operator-documents.ts';
import type { Stats } from '../lib/contract/operator-schemas.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { countOrders } from '../lib/store/count.ts';
import { currentPause } from '../lib/store/pause.ts';

/** GET /stats: 200 with the number of orders in each state; 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin' }, async () => {
    const [counts, pause] = await Promise.all([
      countOrders(store, clock.now()),
      currentPause(store),
    ]);
    const stats = { ...counts, approximate: [...counts.approximate] };
    return json(200, { ...stats, ...(pause && { pause: pauseDocument(pause) }) } satisfies Stats);
  });
});
