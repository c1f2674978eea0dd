import * as z from 'zod/mini';
import { KEY } from '../orders/batch.ts';
import { grouped, must } from '../orders/faults.ts';
import { parseInstant } from '../orders/instant.ts';
import { ORDER_STATUSES } from '../orders/order.ts';

/** A whole number from 1 to `max`. */
export function wholeTo(max: number) {
  const rule = must(`a whole number from 1 to ${grouped(max)}`);
  return z.int({ ...rule, abort: true }).check(z.minimum(1, rule), z.maximum(max, rule));
}

/** A limit from 1 to `max`, with a default. */
export function limit(max: number, byDefault: number) {
  return z._default(wholeTo(max), byDefault);
}

/** A time in a query. */
export const instant = z
  .string()
  .check(z.refine((text) => parseInstant(text) !== undefined, must('an RFC 3339 time')));

/** The query of `GET /dead-letters`. Other parameters are ignored. */
export const deadLettersQuerySchema = z.object({
  limit: limit(100, 50),
  cursor: z.optional(z.string()),
});

/** The query of `GET /orders`. */
export const ordersQuerySchema = z.object({
  ...deadLettersQuerySchema.shape,
  status: z.optional(z.enum(ORDER_STATUSES, must(`one of ${ORDER_STATUSES.join(', ')}`))),
  customer: z.optional(z.string()),
  reference: z.optional(z.string()),
  orderNumber: z.optional(z.string()),
  /** Accepted at this time or later, and before that one. */
  acceptedFrom: z.optional(instant),
  acceptedTo: z.optional(instant),
  /** Only this client's orders; for those who see the orders of all clients. */
  client: z.optional(z.string()),
  idempotencyKey: z.optional(z.string().check(z.regex(KEY.pattern, must(KEY.rule)))),
});

export type OrdersQuery = z.output<typeof ordersQuerySchema>;
