import { readIdempotencyKey } from '../lib/http/idempotency-key.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import { type HttpResponse, json, problem } from '../lib/http/responses.ts';
import { type SubmitOutcome, submitOrder } from '../lib/intake/submit-order.ts';
import { validateSubmission } from '../lib/orders/submission.ts';
import { intakeStore } from '../lib/redis/order-store.ts';
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
    const detail = 'The members named in "errors" are not as they must be.';
    return problem('invalid-order', detail, { errors: validation.faults });
  }
  const { client } = request.caller;
  const submission = { client, idempotencyKey, submission: validation.submission };
  return responseTo(await submitOrder(store, submission, nowMs));
});

function responseTo(outcome: SubmitOutcome): HttpResponse {
  if (outcome.kind === 'key-reused') {
    const detail = 'This Idempotency-Key stands for another order; that order is unchanged.';
    return problem('idempotency-key-reused', detail);
  }
  return json(202, outcome.receipt, {
    location: `/orders/${outcome.receipt.id}`,
    ...(outcome.kind === 'replayed' && { 'idempotent-replayed': 'true' }),
  });
}
