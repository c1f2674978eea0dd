import { reasonsQuerySchema } from '../lib/contract/operator-queries.ts';
import type { Reasons } from '../lib/contract/reasons-schemas.ts';
import { checkedQuery } from '../lib/http/checked-query.ts';
import { json } from '../lib/http/responses.ts';
import { groupedByReason } from '../lib/operate/reasons.ts';
import { httpFunction } from '../lib/runtime.ts';
import { readDead } from '../lib/store/newest-dead.ts';

/** GET /dead-letters/reasons: 200 with the newest dead orders by reason; 400, 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForBatches, route }) => {
  const store = storeForBatches();

  return route({ scope: 'orders:admin', audit: 'list' }, async (request) => {
    const asked = checkedQuery(request.query, reasonsQuerySchema);
    if (asked.kind === 'refused') return asked.response;
    const { orders, examined, count } = await readDead(store, asked.query.limit, clock.now());
    return json(200, { groups: groupedByReason(orders), examined, dead: count } satisfies Reasons);
  });
});
