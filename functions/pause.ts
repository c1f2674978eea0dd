import { pauseDocument } from '../lib/contract/operator-documents.ts';
import { pauseRequestSchema } from '../lib/contract/operator-queries.ts';
import { checkedBody } from '../lib/http/checked-body.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { pauseDrains } from '../lib/store/pause.ts';

/** POST /pause: 200 with the pause of all drains; 400, 413, 415 and 503 as problem details. */
export const handler = await httpFunction(({ clock, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin', audit: 'pause' }, async (request) => {
    const body = checkedBody(request, pauseRequestSchema, 'invalid-pause');
    if (body.kind === 'refused') return body.response;
    const asked = { by: request.caller.client, ...body.value };
    const pause = await pauseDrains(store, asked, clock.now());
    return { ...json(200, pauseDocument(pause)), audit: { forMs: asked.forMs } };
  });
});
