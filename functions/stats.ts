import { json } from '../lib/http/responses.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { httpFunction } from '../lib/runtime.ts';

/** GET /stats: 200 with how many orders are in each state; 503 as a problem. */
export const handler = await httpFunction(({ clock, keys, redisForRequests, route }) => {
  const store = readStore(redisForRequests(), keys);

  return route({ scope: 'orders:admin' }, async () => json(200, await store.counts(clock.now())));
});
