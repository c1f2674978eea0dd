import { orderSummaryDocument } from '../lib/contract/documents.ts';
import { type OrdersQuery, ordersQuerySchema } from '../lib/contract/queries.ts';
import type { OrderPage } from '../lib/contract/schemas.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { pagesOf } from '../lib/http/page-query.ts';
import { json } from '../lib/http/responses.ts';
import { parseInstant } from '../lib/orders/instant.ts';
import type { Order } from '../lib/orders/order.ts';
import { httpFunction } from '../lib/runtime.ts';
import { findByKey, listOrders } from '../lib/store/list.ts';

/** Members of an order that must be what the query says. */
const FILTERS = ['status', 'client', 'customer', 'reference'] as const;

/** Whether an order was accepted in a time: at its beginning or later, and before its end. */
function acceptedIn({ acceptedFrom = '', acceptedTo = '' }: OrdersQuery) {
  const fromMs = parseInstant(acceptedFrom) ?? 0;
  const toMs = parseInstant(acceptedTo) ?? Infinity;
  return ({ acceptedAtMs }: Order) => acceptedAtMs >= fromMs && acceptedAtMs < toMs;
}

/** GET /orders: 200 with a page of orders, those that wait first; 400 and 503 as problem details. */
export const handler = await httpFunction(({ clock, config, storeForBatches, route }) => {
  const store = storeForBatches();
  const all = pagesOf('orders', ordersQuerySchema, config.redisToken);
  const byKey = pagesOf('orders-by-key', ordersQuerySchema, config.redisToken);

  return route({ scope: 'orders:read', audit: 'list' }, async (request) => {
    const pages = request.query.idempotencyKey === undefined ? all : byKey;
    const page = pages.read(request);
    if (page.kind === 'refused') return page.response;
    const { limit, cursor: _, idempotencyKey, orderNumber, ...filters } = page.query;
    const wasAccepted = acceptedIn(page.query);
    const { caller } = request;
    const withClient = isAdmin(caller);
    const client = withClient ? filters.client : caller.client;
    const list = {
      ...(client !== undefined && { client }),
      ordersMax: limit,
      after: page.after,
      matches: (order: Order) =>
        FILTERS.every((name) => filters[name] === undefined || order[name] === filters[name]) &&
        (orderNumber === undefined || String(order.orderNumber) === orderNumber) &&
        wasAccepted(order),
      nowMs: clock.now(),
    };
    const { orders, examined, end } =
      idempotencyKey === undefined
        ? await listOrders(store, { of: 'orders', ...list })
        : await findByKey(store, idempotencyKey, list);
    return json(200, {
      orders: orders.map((order) => orderSummaryDocument(order, { withClient })),
      nextCursor: pages.nextCursor(request, end),
      examined,
    } satisfies OrderPage);
  });
});
