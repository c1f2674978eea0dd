import document from '../docs/openapi.json' with { type: 'json' };
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';

/** GET /openapi.json: 200 with the description of this API, for any valid key. */
export const handler = await httpFunction(
  ({ route }) => route({ scope: 'any' }, async () => json(200, document)),
  { redis: false },
);
