import { orderSummaryDocument } from '../lib/contract/documents.ts';
import { ordersQuerySchema } from '../lib/contract/queries.ts';
import type { OrderPage } from '../lib/contract/schemas.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { pagesOf } from '../lib/http/page-query.ts';
import { json } from '../lib/http/responses.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** GET /orders: 200 with a page of orders, the newest first; 400 and 503 as problems. */
export const handler = await httpFunction(({ clock, config, keys, redisForBatches, route }) => {
  const store = readStore(redisForBatches(), keys);
  const pages = pagesOf('orders', ordersQuerySchema, config.redisToken);

  return route({ scope: 'orders:read' }, async (request) => {
    const page = pages.read(request);
    if (page.kind === 'refused') return page.response;
    const { limit, customer, status } = page.query;
    const withClient = isAdmin(request.caller);
    const { orders, end } = await store.page({
      of: 'orders',
      ordersMax: limit,
      nowMs: clock.now(),
      ...(page.after && { after: page.after }),
      ...(!withClient && { client: request.caller.client }),
      ...(customer !== undefined && { customer }),
      ...(status && { status }),
    });
    return json(200, {
      orders: orders.map((order) => orderSummaryDocument(order, { withClient })),
      nextCursor: pages.nextCursor(end),
    } satisfies OrderPage);
  });
});
