import type { Resumed } from '../lib/contract/operator-schemas.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { resumeDrains } from '../lib/store/pause.ts';

/** POST /resume: 200 with whether there was a pause to end; 503 as problem details. */
export const handler = await httpFunction(({ storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin', audit: 'resume' }, async () =>
    json(200, { resumed: await resumeDrains(store) } satisfies Resumed),
  );
});
