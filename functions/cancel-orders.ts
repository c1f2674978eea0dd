import { cancelManySchema } from '../lib/contract/operator-queries.ts';
import type { Canceled } from '../lib/contract/operator-schemas.ts';
import { isAdmin, mayCall } from '../lib/http/authenticate.ts';
import { notCanceled, refusedChange } from '../lib/http/changes.ts';
import { checkedBody } from '../lib/http/checked-body.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { cancel } from '../lib/store/cancel.ts';

/** Orders that are canceled beside each other. */
const AT_ONCE = 10;

/** POST /orders/cancel: 200 with what became of each order; 400, 413, 415 and 503 as problems. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:write', audit: 'cancel' }, async (request) => {
    const body = checkedBody(request, cancelManySchema, 'invalid-cancel');
    if (body.kind === 'refused') return body.response;
    const { caller } = request;
    const { ids } = body.value;
    const mayRead = mayCall(caller, 'orders:read');
    const whose = isAdmin(caller) ? {} : { client: caller.client };
    const results: Canceled['results'] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const canceling = some.map((id) => cancel(store, { id, nowMs: clock.now(), ...whose }));
      for (const [at, answer] of (await Promise.all(canceling)).entries()) {
        const id = some[at] ?? '';
        if (answer.kind === 'canceled') results.push({ id, status: 200 });
        else results.push(refusedChange(id, notCanceled(answer, mayRead)));
      }
    }
    const canceled = results.filter(({ status }) => status === 200).length;
    return { ...json(200, { canceled, results } satisfies Canceled), audit: { canceled } };
  });
});
