import type { Explanation } from '../lib/contract/explanation-schemas.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { json, notFound, wasErased } from '../lib/http/responses.ts';
import { explained } from '../lib/operate/explanation.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { httpFunction } from '../lib/runtime.ts';
import { factsOf } from '../lib/store/facts.ts';

/** GET /orders/{id}/explanation: 200 with why it is not produced; 404, 410, 503 as problem details. */
export const handler = await httpFunction(({ clock, config, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:read', audit: 'read' }, async ({ caller, pathParameters }) => {
    const id = pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const nowMs = clock.now();
    const facts = await factsOf(store, id, nowMs);
    const asker = { nowMs, attemptsMax: config.attemptsMax, isAdmin: isAdmin(caller) };
    if (facts.kind === 'none') return notFound();
    // Whose a lost order was, nobody knows.
    if (facts.kind === 'lost') {
      return asker.isAdmin
        ? json(200, explained(id, facts, asker) satisfies Explanation)
        : notFound();
    }
    const client = facts.kind === 'order' ? facts.order.client : facts.client;
    if (client !== caller.client && !asker.isAdmin) return notFound();
    if (facts.kind === 'erased') return wasErased();
    return json(200, explained(id, facts, asker) satisfies Explanation);
  });
});
