import { bodyTooLarge, readJsonBody } from '../lib/http/json-body.ts';
import { invalidBody, json, noRoom, refusedOrder } from '../lib/http/responses.ts';
import { intakeOf } from '../lib/intake/intake.ts';
import { logSubmit } from '../lib/intake/log-submit.ts';
import { countOf, type SubmitOutcome, submitOrders } from '../lib/intake/submit-orders.ts';
import {
  BATCH_BYTES_MAX,
  type BatchItem,
  ORDER_BYTES_MAX,
  validateBatch,
} from '../lib/orders/batch.ts';
import { httpFunction } from '../lib/runtime.ts';

/** POST /orders/batch: 200 with a result for each order; 400, 413, 415, 429, 503 as problems. */
export const handler = await httpFunction(({ route, ...runtime }) => {
  const { clock, config, log, metrics } = runtime;
  const store = runtime.storeForBatches();
  const intake = intakeOf({ store, config, metrics, wake: runtime.wake() });

  return route({ scope: 'orders:write' }, async (request) => {
    const body = readJsonBody(request, BATCH_BYTES_MAX);
    if (body.kind === 'refused') return body.response;
    const nowMs = clock.now();
    const batch = validateBatch(body.value, nowMs);
    if (batch.kind === 'too-large') return bodyTooLarge(ORDER_BYTES_MAX, 'Each order of a batch');
    if (batch.kind === 'invalid') return invalidBody('invalid-batch', batch.faults);
    const refusal = await request.countMore(batch.items.length - 1);
    if (refusal !== undefined) return refusal;
    const valid = batch.items.filter((item) => item.kind === 'valid');
    const answer = await submitOrders(intake, request.caller.client, valid, nowMs);
    if (answer.kind === 'refused') return noRoom(answer.where, answer.retryAfterS);
    const { outcomes } = answer;
    logSubmit(log, request, outcomes);
    metrics.measure('Refused', batch.items.length - valid.length, 'invalid-order');
    metrics.measure('Refused', countOf(outcomes, 'key-reused'), 'idempotency-key-reused');
    metrics.measure('Refused', countOf(outcomes, 'out-of-stock'), 'out-of-stock');
    metrics.measure('Refused', countOf(outcomes, 'over-limit'), 'over-limit');
    const waiting = outcomes.values();
    const results = batch.items.map((item, index) =>
      resultOf(index, item, item.kind === 'valid' ? waiting.next().value : undefined),
    );
    return json(200, { results });
  });
});

function resultOf(index: number, item: BatchItem, outcome: SubmitOutcome | undefined) {
  if (outcome !== undefined && 'receipt' in outcome) {
    return { index, status: 202, replayed: outcome.kind === 'replayed', order: outcome.receipt };
  }
  const faults = item.kind === 'invalid' ? item.faults : [];
  const refusal = outcome ? refusedOrder(outcome) : invalidBody('invalid-order', faults);
  return { index, status: refusal.status, problem: refusal.body };
}
