import { orderSummaryDocument } from '../lib/contract/documents.ts';
import { deadLettersQuerySchema } from '../lib/contract/queries.ts';
import type { OrderPage } from '../lib/contract/schemas.ts';
import { pagesOf } from '../lib/http/page-query.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { listOrders } from '../lib/store/list.ts';

/** GET /dead-letters: 200 with a page of dead orders, the last to die first; 400, 503 as problem details. */
export const handler = await httpFunction(({ clock, config, storeForBatches, route }) => {
  const store = storeForBatches();
  const pages = pagesOf('dead-letters', deadLettersQuerySchema, config.redisToken);

  return route({ scope: 'orders:admin', audit: 'list' }, async (request) => {
    const page = pages.read(request);
    if (page.kind === 'refused') return page.response;
    const { orders, examined, end } = await listOrders(store, {
      of: 'dead-letters',
      ordersMax: page.query.limit,
      matches: ({ status }) => status === 'dead',
      after: page.after,
      nowMs: clock.now(),
    });
    return json(200, {
      orders: orders.map((order) => orderSummaryDocument(order, { withClient: true })),
      nextCursor: pages.nextCursor(request, end),
      examined,
    } satisfies OrderPage);
  });
});
