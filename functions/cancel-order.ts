import { orderDocument } from '../lib/contract/documents.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { json, notFound, problem } from '../lib/http/responses.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { cancelStore } from '../lib/redis/cancel-store.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** POST /orders/{id}/cancel: 200 with the order, canceled; 404, 409 and 503 as problems. */
export const handler = await httpFunction(({ clock, config, keys, redisForRequests, route }) => {
  const client = redisForRequests();
  const store = { ...cancelStore(client, keys, config), ...readStore(client, keys) };

  return route({ scope: 'orders:write' }, async ({ caller, pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const nowMs = clock.now();
    const withClient = isAdmin(caller);
    const answer = await store.cancel({ id, nowMs, ...(!withClient && { client: caller.client }) });
    if (answer.kind === 'refused') {
      return problem('not-cancelable', `This order is ${answer.status}.`);
    }
    const order = answer.kind === 'canceled' ? await store.read(id, nowMs) : undefined;
    return order === undefined ? notFound() : json(200, orderDocument(order, { withClient }));
  });
});
