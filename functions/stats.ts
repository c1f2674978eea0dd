import { json } from '../lib/http/responses.ts';
import { readStore } from '../lib/redis/read-store.ts';
import { clock, keys, redisForRequests, route } from '../lib/runtime.ts';

const store = readStore(redisForRequests(), keys);

/** GET /stats: 200 with how many orders are in each state; 503 as a problem. */
export const handler = route({ scope: 'orders:admin' }, async () =>
  json(200, await store.counts(clock.now())),
);
