import { formatInstant } from './instant.ts';
import { type Order, type OrderStatus, statusAtIntake } from './order.ts';
import type { Submission } from './submission.ts';

/** What a client gets for a submit, and the head of every order that it reads. */
export interface Receipt {
  readonly id: string;
  readonly status: OrderStatus;
  readonly customer: string;
  readonly currency: string;
  readonly totalAmount: number;
  readonly reference?: string;
  readonly acceptedAt: string;
}

/**
 * The receipt of an accepted submission. A pure function of what never changes, so that a replay
 * is answered with the very same bytes, whatever has become of the order.
 */
export function receiptOf(id: string, submission: Submission, acceptedAtMs: number): Receipt {
  const status = statusAtIntake(submission, acceptedAtMs);
  return receipt({ ...submission, id, acceptedAtMs }, status);
}

/** An order as its client reads it; `withClient` for those who read the orders of all clients. */
export function orderDocument(order: Order, { withClient }: { withClient: boolean }) {
  return {
    ...receipt(order, order.status),
    ...(withClient && { client: order.client }),
    lines: order.lines,
    ...(order.metadata !== undefined && { metadata: order.metadata }),
    attempts: order.attempts,
    updatedAt: formatInstant(order.updatedAtMs),
    ...(order.orderNumber !== undefined && { orderNumber: order.orderNumber }),
    ...(order.producedAtMs !== undefined && { producedAt: formatInstant(order.producedAtMs) }),
    ...(order.result !== undefined && { result: order.result }),
    ...(order.lastError !== undefined && {
      lastError: { reason: order.lastError.reason, at: formatInstant(order.lastError.atMs) },
    }),
  };
}

function receipt(
  order: Submission & { readonly id: string; readonly acceptedAtMs: number },
  status: OrderStatus,
): Receipt {
  return {
    id: order.id,
    status,
    customer: order.customer,
    currency: order.currency,
    totalAmount: order.totalAmount,
    ...(order.reference !== undefined && { reference: order.reference }),
    acceptedAt: formatInstant(order.acceptedAtMs),
  };
}
