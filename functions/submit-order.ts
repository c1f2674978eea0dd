import { readIdempotencyKey } from '../lib/http/idempotency-key.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import { invalidBody, json, noRoom, problem, refusedOrder } from '../lib/http/responses.ts';
import { intakeOf } from '../lib/intake/intake.ts';
import { logSubmit } from '../lib/intake/log-submit.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { ORDER_BYTES_MAX } from '../lib/orders/batch.ts';
import { validateSubmission } from '../lib/orders/submission.ts';
import { httpFunction } from '../lib/runtime.ts';

/** POST /orders: 202 with the receipt; 400, 413, 415, 422, 429 and 503 as problem details. */
export const handler = await httpFunction(({ route, ...runtime }) => {
  const { clock, config, log, metrics } = runtime;
  const store = runtime.storeForRequests();
  const intake = intakeOf({ store, config, metrics, wake: runtime.wake() });

  return route({ scope: 'orders:write' }, async (request) => {
    const body = readJsonBody(request, ORDER_BYTES_MAX);
    if (body.kind === 'refused') return body.response;

    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    if (idempotencyKey === undefined) {
      const detail = 'Send an Idempotency-Key of 1 to 255 printable ASCII characters.';
      return problem('invalid-idempotency-key', detail);
    }
    const nowMs = clock.now();
    const validation = validateSubmission(body.value, nowMs);
    if (validation.kind === 'invalid') return invalidBody('invalid-order', validation.faults);

    const { client } = request.caller;
    const order = { idempotencyKey, submission: validation.submission };
    const answer = await submitOrders(intake, client, [order], nowMs);
    if (answer.kind === 'refused') return noRoom(answer.where, answer.retryAfterS);
    logSubmit(log, request, answer.outcomes);
    const [outcome] = answer.outcomes;
    if (outcome === undefined) return refusedOrder({ kind: 'key-reused' });
    if (!('receipt' in outcome)) return refusedOrder(outcome);
    return json(202, outcome.receipt, {
      location: `/orders/${outcome.receipt.id}`,
      ...(outcome.kind === 'replayed' && { 'idempotent-replayed': 'true' }),
    });
  });
});
