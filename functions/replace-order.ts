import { changedReceipt, orderDocument } from '../lib/contract/documents.ts';
import { isAdmin, mayCall } from '../lib/http/authenticate.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import {
  invalidBody,
  json,
  noRoom,
  notFound,
  problem,
  refusedOrder,
  wasErased,
} from '../lib/http/responses.ts';
import { knowledgeOf } from '../lib/intake/intake.ts';
import { replaceOrder } from '../lib/intake/replace-order.ts';
import { refusedForStock } from '../lib/intake/sold-out.ts';
import { NO_ROOM_RETRY_S } from '../lib/intake/submit-orders.ts';
import { isOrderId } from '../lib/orders/identity.ts';
import { validateSubmission } from '../lib/orders/submission.ts';
import { httpFunction } from '../lib/runtime.ts';
import { REPLACED_MAX } from '../lib/store/order-record.ts';

const BODY_BYTES_MAX = 256 * 1024;

/** POST /orders/{id}/replace: 200 with the order; 400, 404, 409, 413, 415, 429 and 503 as problem details. */
export const handler = await httpFunction(({ clock, config, storeForRequests, route }) => {
  const intake = { store: storeForRequests(), ...knowledgeOf(config) };

  return route({ scope: 'orders:write', audit: 'replace' }, async (request) => {
    const body = readJsonBody(request, BODY_BYTES_MAX);
    if (body.kind === 'refused') return body.response;
    const id = request.pathParameters.id ?? '';
    if (!isOrderId(id)) return notFound();
    const nowMs = clock.now();
    const validation = validateSubmission(body.value, nowMs);
    if (validation.kind === 'invalid') return invalidBody('invalid-order', validation.faults);
    const { submission } = validation;
    const withClient = isAdmin(request.caller);
    const answer = await replaceOrder(intake, {
      order: { id, submission },
      ...(!withClient && { client: request.caller.client }),
      nowMs,
      hasStock: config.hasStock,
    });
    if (answer.kind === 'not-found') return notFound();
    if (answer.kind === 'erased') return wasErased();
    if (answer.kind === 'no-room') return noRoom(answer.where, NO_ROOM_RETRY_S);
    if (answer.kind === 'too-often') {
      const detail = `An order can be replaced ${REPLACED_MAX} times. Submit a new one under another key.`;
      return problem('not-replaceable', detail);
    }
    if ('lacking' in answer) {
      return refusedOrder(refusedForStock(submission, answer));
    }
    if (answer.kind === 'refused') {
      const detail = 'Production of this order has begun, or it has ended.';
      return problem('not-replaceable', detail);
    }
    const { order } = answer;
    const mayRead = mayCall(request.caller, 'orders:read');
    return json(200, mayRead ? orderDocument(order, { withClient }) : changedReceipt(order));
  });
});
