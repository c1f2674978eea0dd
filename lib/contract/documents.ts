import { slotIn } from '../orders/holder.ts';
import { formatInstant } from '../orders/instant.ts';
import {
  type Failure,
  type Order,
  type OrderStatus,
  type OrderSummary,
  type ReplacedOrder,
  statusAtIntake,
} from '../orders/order.ts';
import type { Submission } from '../orders/submission.ts';
import type { ChangedOrder, OrderDocument, OrderSummaryDocument, Receipt } from './schemas.ts';

/**
 * The receipt of an accepted submission. It depends only on what never changes, so a replay gets the
 * very same bytes, whatever has become of the order.
 */
export function receiptOf(id: string, submission: Submission, acceptedAtMs: number): Receipt {
  const status = statusAtIntake(submission, acceptedAtMs);
  return receiptMembers({ ...submission, id, acceptedAtMs }, status);
}

interface Reader {
  /** Whether to show whose order it is: to those who read the orders of all clients. */
  readonly withClient: boolean;
}

/** A changed order for a key that may not read orders: no more than its receipt. */
export function changedReceipt(order: Order): ChangedOrder {
  return receiptMembers(order, order.status);
}

/** An order as its client reads it. */
export function orderDocument(order: Order, reader: Reader): OrderDocument {
  const { head, outcome } = partsOf(order, reader);
  return {
    ...head,
    lines: [...order.lines],
    ...outcome,
    ...(order.replaced && { replaced: order.replaced.map(replacedMembers) }),
  };
}

/** An order as a list shows it. */
export function orderSummaryDocument(order: OrderSummary, reader: Reader): OrderSummaryDocument {
  const { head, outcome } = partsOf(order, reader);
  return { ...head, ...outcome };
}

function partsOf(order: OrderSummary, { withClient }: Reader) {
  const head = {
    ...receiptMembers(order, order.status),
    ...(withClient && { client: order.client }),
  };
  const outcome = {
    ...(order.metadata !== undefined && { metadata: order.metadata }),
    idempotencyKey: order.idempotencyKey,
    attempts: order.attempts,
    updatedAt: formatInstant(order.updatedAtMs),
    ...(order.nextAttemptAtMs !== undefined && {
      nextAttemptAt: formatInstant(order.nextAttemptAtMs),
    }),
    ...(order.orderNumber !== undefined && { orderNumber: order.orderNumber }),
    ...(order.producedAtMs !== undefined && { producedAt: formatInstant(order.producedAtMs) }),
    ...(order.result !== undefined && { result: order.result }),
    ...(order.lastError !== undefined && { lastError: failureMembers(order.lastError) }),
    ...(order.history !== undefined && { history: order.history.map(failureMembers) }),
  };
  return { head, outcome };
}

function replacedMembers(content: ReplacedOrder) {
  const { metadata, lines } = content;
  return {
    ...contentMembers(content),
    ...(metadata !== undefined && { metadata }),
    lines: [...lines],
    replacedAt: formatInstant(content.replacedAtMs),
  };
}

function failureMembers({ reason, atMs, kind, token, holder, claimedAtMs }: Failure) {
  const slot = holder === undefined ? undefined : slotIn(holder);
  return {
    ...{ reason, at: formatInstant(atMs) },
    ...(kind !== undefined && { kind }),
    ...(token !== undefined && { token }),
    ...(slot !== undefined && { slot }),
    ...(holder !== undefined && { holder }),
    ...(claimedAtMs !== undefined && { claimedAt: formatInstant(claimedAtMs) }),
  };
}

/** In the order in which they are written. */
function receiptMembers<Status extends OrderStatus>(
  order: Pick<OrderSummary, 'id' | 'acceptedAtMs'> & Omit<Submission, 'lines'>,
  status: Status,
) {
  return { id: order.id, status, ...contentMembers(order) };
}

function contentMembers(
  content: Pick<OrderSummary, 'acceptedAtMs'> & Omit<Submission, 'lines' | 'metadata'>,
) {
  const { customer, currency, totalAmount, reference, produceAtMs, acceptedAtMs } = content;
  return {
    ...{ customer, currency, totalAmount },
    ...(reference !== undefined && { reference }),
    ...(produceAtMs !== undefined && { produceAt: formatInstant(produceAtMs) }),
    acceptedAt: formatInstant(acceptedAtMs),
  };
}
