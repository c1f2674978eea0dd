import { orderSummaryDocument } from '../lib/contract/documents.ts';
import { deadLettersQuerySchema } from '../lib/contract/queries.ts';
import type { OrderPage } from '../lib/contract/schemas.ts';
import { pagesOf } from '../lib/http/page-query.ts';
import { json } from '../lib/http/responses.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** GET /dead-letters: 200 with a page of dead orders, the last to die first; 400, 503 as problems. */
export const handler = await httpFunction(({ clock, config, keys, redisForBatches, route }) => {
  const store = readStore(redisForBatches(), keys);
  const pages = pagesOf('dead-letters', deadLettersQuerySchema, config.redisToken);

  return route({ scope: 'orders:admin' }, async (request) => {
    const page = pages.read(request);
    if (page.kind === 'refused') return page.response;
    const { orders, end } = await store.page({
      of: 'dead-letters',
      ordersMax: page.query.limit,
      nowMs: clock.now(),
      ...(page.after && { after: page.after }),
    });
    return json(200, {
      orders: orders.map((order) => orderSummaryDocument(order, { withClient: true })),
      nextCursor: pages.nextCursor(end),
    } satisfies OrderPage);
  });
});
