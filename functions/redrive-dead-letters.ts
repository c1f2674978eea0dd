import { randomUUID } from 'node:crypto';
import { redriveSchema } from '../lib/contract/operator-queries.ts';
import type { Redriven } from '../lib/contract/operator-schemas.ts';
import { redriveOldest } from '../lib/drain/redrive.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import { invalidBody, json } from '../lib/http/responses.ts';
import { ORDER_BYTES_MAX } from '../lib/orders/batch.ts';
import { faultsOf } from '../lib/orders/faults.ts';
import { httpFunction } from '../lib/runtime.ts';

/** No body means all defaults. */
const NO_BODY = { kind: 'json', value: {} } as const;

/** POST /dead-letters/redrive: 202 with the number put back; 400, 413, 415, 503 as problems. */
export const handler = await httpFunction(({ clock, config, storeForBatches, route }) => {
  const pauseMs = 1_000 / config.redrivesPerSecond;
  const store = storeForBatches();

  return route({ scope: 'orders:admin', audit: 'redrive' }, async (request) => {
    const body = request.body === '' ? NO_BODY : readJsonBody(request, ORDER_BYTES_MAX);
    if (body.kind === 'refused') return body.response;
    const parsed = redriveSchema.safeParse(body.value, { jitless: true });
    if (!parsed.success) return invalidBody('invalid-redrive', faultsOf(parsed.error));
    const redrive = { limit: parsed.data.limit ?? 100, pauseMs, mark: randomUUID() };
    const redriven = await redriveOldest(store, redrive, clock.now());
    return { ...json(202, { redriven } satisfies Redriven), audit: { redriven } };
  });
});
