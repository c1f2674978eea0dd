import { readIdempotencyKey } from '../lib/http/idempotency-key.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import { invalidOrder, json, keyReused, problem } from '../lib/http/responses.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { validateSubmission } from '../lib/orders/submission.ts';
import { intakeStore } from '../lib/redis/intake-store.ts';
import { clock, keys, redisForRequests, route } from '../lib/runtime.ts';

const BODY_BYTES_MAX = 256 * 1024;

const store = intakeStore(redisForRequests(), keys);

/** POST /orders: 202 with the receipt; 400, 413, 415, 422 and 503 as problem details. */
export const handler = route({ scope: 'orders:write' }, async (request) => {
  const body = readJsonBody(request, BODY_BYTES_MAX);
  if (body.kind === 'refused') return body.response;

  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
  if (idempotencyKey === undefined) {
    const detail = 'Send an Idempotency-Key of 1 to 255 printable ASCII characters.';
    return problem('invalid-idempotency-key', detail);
  }
  const nowMs = clock.now();
  const validation = validateSubmission(body.value, nowMs);
  if (validation.kind === 'invalid') {
    return invalidOrder(validation.faults);
  }
  const { client } = request.caller;
  const submission = { client, idempotencyKey, submission: validation.submission };
  const [outcome] = await submitOrders(store, [submission], nowMs);
  if (outcome === undefined || outcome.kind === 'key-reused') return keyReused();
  return json(202, outcome.receipt, {
    location: `/orders/${outcome.receipt.id}`,
    ...(outcome.kind === 'replayed' && { 'idempotent-replayed': 'true' }),
  });
});
