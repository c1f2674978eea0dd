import { randomUUID } from 'node:crypto';
import { orderDocument } from '../lib/contract/documents.ts';
import { conflict, json, notFound, wasErased } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { findOrder } from '../lib/store/read.ts';
import { redrive } from '../lib/store/redrive.ts';

/** POST /orders/{id}/redrive: 202 with the order, ready again; 404, 409, 410 and 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin', audit: 'redrive' }, async ({ pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const nowMs = clock.now();
    const [isRedriven] = await redrive(store, {
      ids: [id],
      pauseMs: 0,
      redriveId: randomUUID(),
      nowMs,
    });
    const found = await findOrder(store, id, nowMs);
    if (found.kind === 'none') return notFound();
    if (found.kind === 'erased') return wasErased();
    if (!isRedriven) return conflict('not-dead', found.order.status);
    return json(202, orderDocument(found.order, { withClient: true }));
  });
});
