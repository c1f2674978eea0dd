import * as z from 'zod/mini';
import { BATCH_ORDERS_MAX, KEY } from '../orders/batch.ts';
import { ID_PATTERN } from '../orders/identity.ts';
import { FAILURE_KINDS, ORDER_STATUSES } from '../orders/order.ts';
import {
  DESCRIPTION,
  LINES_MAX,
  NAME,
  QUANTITY,
  type TextRule,
  UNIT_AMOUNT,
  type WholeRule,
} from '../orders/rules.ts';
import { PROBLEMS, type ProblemType } from './problems.ts';
import { SCOPES } from './scopes.ts';

/**
 * What clients send. `lib/orders` checks it, by the same rules and much faster; these definitions
 * describe it in `docs/openapi.json` and type the client. A test compares the two.
 */
const text = ({ pattern }: TextRule) => z.string().check(z.regex(pattern));
const whole = ({ min, max }: WholeRule) => z.int().check(z.minimum(min), z.maximum(max));

export const lineSchema = z.strictObject({
  sku: text(NAME),
  quantity: whole(QUANTITY),
  unitAmount: whole(UNIT_AMOUNT),
  description: z.optional(text(DESCRIPTION)),
});

export const metadataSchema = z.custom<Record<string, string>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

export const submissionSchema = z.strictObject({
  customer: text(NAME),
  currency: z.string(),
  lines: z.array(lineSchema).check(z.minLength(1), z.maxLength(LINES_MAX)),
  reference: z.optional(text(NAME)),
  produceAt: z.optional(z.string()),
  metadata: z.optional(metadataSchema),
});

/** One order of a batch: the body of a submit and its key. */
export const batchItemSchema = z.strictObject({
  idempotencyKey: text(KEY),
  ...submissionSchema.shape,
});

export const batchSchema = z.strictObject({
  orders: z.array(z.unknown()).check(z.minLength(1), z.maxLength(BATCH_ORDERS_MAX)),
});

/**
 * What clients get. These definitions type the code that answers, describe the answers in
 * `docs/openapi.json`, and are what the client checks answers against. Functions import only their
 * types, so no bundle carries them.
 */
export const orderIdSchema = z.string().check(z.regex(ID_PATTERN));

/** RFC 3339 in UTC with milliseconds. */
export const instantSchema = z
  .string()
  .check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));

/** A description belongs to a schema: a field that has its own takes a clone. */
export const count = z.int().check(z.minimum(0));

const contentMembers = {
  customer: z.string(),
  currency: z.string(),
  /** Sum of quantity × unitAmount over the lines, in the currency's minor unit. */
  totalAmount: z.clone(count),
  reference: z.optional(z.string()),
  /** Not produced before this time. */
  produceAt: z.optional(instantSchema),
  acceptedAt: instantSchema,
};

const receiptMembers = { id: orderIdSchema, ...contentMembers };

/** The answer to a submit, the same for every repeat of it. */
export const receiptSchema = z.object({
  ...receiptMembers,
  status: z.enum(['queued', 'scheduled']),
});

/** An attempt that failed, or what else is wrong with an order. */
const failure = z.object({
  reason: z.string(),
  at: instantSchema,
  kind: z.optional(z.enum(FAILURE_KINDS)),
  /** Who had the order: its fencing token, the slot of its drain, and the drain itself. */
  token: z.optional(count),
  slot: z.optional(count),
  holder: z.optional(z.string()),
  claimedAt: z.optional(instantSchema),
});

const summaryMembers = {
  ...receiptMembers,
  status: z.enum(ORDER_STATUSES),
  /** Shown to `orders:admin`, who reads the orders of all clients. */
  client: z.optional(z.string()),
  metadata: z.optional(metadataSchema),
  idempotencyKey: z.string(),
  /** Claims since it was accepted or redriven, except those given back untried. */
  attempts: z.clone(count),
  updatedAt: instantSchema,
  /** When it is tried again after a failed attempt. */
  nextAttemptAt: z.optional(instantSchema),
  orderNumber: z.optional(count),
  producedAt: z.optional(instantSchema),
  /** What the producer answered. */
  result: z.optional(z.unknown()),
  lastError: z.optional(failure),
  /** Attempts that failed before that, newest first, 50 at most; a redrive keeps them. */
  history: z.optional(z.array(failure)),
};

/** An order in a list. */
export const orderSummarySchema = z.object(summaryMembers);

/** An order as it is now. */
export const orderSchema = z.object({
  ...summaryMembers,
  lines: z.array(z.object(lineSchema.shape)),
  /** What the order was before it was replaced, the latest first. */
  replaced: z.optional(
    z.array(
      z.object({
        ...contentMembers,
        metadata: z.optional(metadataSchema),
        lines: z.array(z.object(lineSchema.shape)),
        replacedAt: instantSchema,
      }),
    ),
  ),
});

/** An order that was canceled or replaced: for a key without `orders:read`, only what the receipt holds. */
export const changedOrderSchema = z.extend(z.partial(orderSchema), {
  ...receiptMembers,
  status: z.enum(ORDER_STATUSES),
});

export const orderPageSchema = z.object({
  orders: z.array(orderSummarySchema),
  /** For the next page, if there is one. */
  nextCursor: z.nullable(z.string()),
  /** How many orders were read to find these. */
  examined: z.clone(count),
});

const faultSchema = z.object({
  /** JSON Pointer (RFC 6901) to the member. */
  pointer: z.string(),
  detail: z.string(),
  /** Of a line that cannot be had: how many units can. */
  available: z.optional(count),
});

export const problemSchema = z.object({
  type: z.enum(Object.keys(PROBLEMS).map(typeOf) as [`/problems/${ProblemType}`]),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** The request id; left out in the results of a batch. */
  instance: z.optional(z.string()),
  errors: z.optional(z.array(faultSchema)),
});

function typeOf(name: string): string {
  return `/problems/${name}`;
}

const index = z.int().check(z.minimum(0), z.maximum(499));

/** A result for each order of a batch, in the request's order. */
export const batchResultsSchema = z.object({
  results: z.array(
    z.union([
      z.object({
        index,
        status: z.literal(202),
        replayed: z.boolean(),
        order: receiptSchema,
      }),
      z.object({
        index,
        status: z.literal([400, 409, 410, 422, 429, 503]),
        problem: problemSchema,
      }),
    ]),
  ),
});

/** Who calls, and what this deployment lets them do. */
export const meSchema = z.object({
  client: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  stage: z.string(),
  version: z.string(),
  limits: z.object({
    /** Any other request counts as one; `null` where that is not limited. */
    ordersPerMinute: z.nullable(count),
    /** Orders of one client that may wait, and that may be scheduled. */
    queuedOrders: count,
    scheduledOrders: count,
    /** About how many bytes of the database all orders of the client may take. */
    storedBytes: count,
    orderBytes: count,
    orderLines: count,
    batchBytes: count,
    batchOrders: count,
    /** How long an order is kept after it was produced or canceled. */
    retentionDays: count,
  }),
});

export type Receipt = z.infer<typeof receiptSchema>;
export type OrderDocument = z.infer<typeof orderSchema>;
export type OrderSummaryDocument = z.infer<typeof orderSummarySchema>;
export type ChangedOrder = z.infer<typeof changedOrderSchema>;
export type OrderPage = z.infer<typeof orderPageSchema>;
export type Me = z.infer<typeof meSchema>;
