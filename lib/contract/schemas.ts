import * as z from 'zod/mini';
import { ID_PATTERN } from '../orders/identity.ts';
import { ORDER_STATUSES } from '../orders/order.ts';
import { lineSchema, metadataSchema } from '../orders/submission.ts';
import { PROBLEMS, type ProblemType } from './problems.ts';

/**
 * What clients get. These definitions type the code that answers, describe the answers in
 * `docs/openapi.json`, and are what the client checks an answer against. No function needs them at
 * run time: functions import their types alone, so no bundle carries them.
 */
export const orderIdSchema = z.string().check(z.regex(ID_PATTERN));

/** RFC 3339 in UTC with milliseconds. */
export const instantSchema = z
  .string()
  .check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));

const count = z.int().check(z.minimum(0));

const receiptMembers = {
  id: orderIdSchema,
  customer: z.string(),
  currency: z.string(),
  /** Sum of quantity × unitAmount over the lines, in the currency's minor unit. */
  totalAmount: z.int().check(z.minimum(0)),
  reference: z.optional(z.string()),
  /** Not produced before this time. */
  produceAt: z.optional(instantSchema),
  acceptedAt: instantSchema,
};

/** The answer to a submit, the same for every repeat of it. */
export const receiptSchema = z.object({
  ...receiptMembers,
  status: z.enum(['queued', 'scheduled']),
});

const failure = z.object({ reason: z.string(), at: instantSchema });

const summaryMembers = {
  ...receiptMembers,
  status: z.enum(ORDER_STATUSES),
  /** Shown to `orders:admin`, who reads the orders of all clients. */
  client: z.optional(z.string()),
  metadata: z.optional(metadataSchema),
  idempotencyKey: z.string(),
  /** How often it was claimed since it was accepted or redriven, and not given back untried. */
  attempts: z.int().check(z.minimum(0)),
  updatedAt: instantSchema,
  /** When it is tried again, after an attempt that failed. */
  nextAttemptAt: z.optional(instantSchema),
  orderNumber: z.optional(count),
  producedAt: z.optional(instantSchema),
  /** What the producer answered. */
  result: z.optional(z.unknown()),
  lastError: z.optional(failure),
  /** Earlier attempts that failed, newest first. */
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
        customer: z.string(),
        currency: z.string(),
        totalAmount: count,
        reference: z.optional(z.string()),
        produceAt: z.optional(instantSchema),
        metadata: z.optional(metadataSchema),
        lines: z.array(z.object(lineSchema.shape)),
        acceptedAt: instantSchema,
        replacedAt: instantSchema,
      }),
    ),
  ),
});

export const orderPageSchema = z.object({
  orders: z.array(orderSummarySchema),
  /** For the next page, if there is one. */
  nextCursor: z.nullable(z.string()),
  /** How many orders were read to find these. */
  examined: count,
});

const faultSchema = z.object({
  /** RFC 6901 JSON Pointer of the member. */
  pointer: z.string(),
  detail: z.string(),
});

export const problemSchema = z.object({
  type: z.enum(Object.keys(PROBLEMS).map(typeOf) as [`/problems/${ProblemType}`]),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** The request's id; not in a batch's results, which are parts of one request. */
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
      z.object({ index, status: z.literal([400, 410, 422, 429]), problem: problemSchema }),
    ]),
  ),
});

export const statsSchema = z.object({
  queued: count,
  producing: count,
  scheduled: count,
  dead: count,
  produced: count,
  canceled: count,
  /** How long the order that has been ready for longest has waited. */
  oldestQueuedAgeMs: z.nullable(count),
  /** Names the counts that are not exact. */
  approximate: z.array(z.string()),
});

/** What one drain has done. */
export const drainReportSchema = z.object({
  claimed: count,
  produced: count,
  retried: count,
  dead: count,
  /** Orders that are ready all the same. */
  remaining: z.int().check(z.minimum(0)),
});

export const redrivenSchema = z.object({ redriven: count });

export type Receipt = z.infer<typeof receiptSchema>;
export type OrderDocument = z.infer<typeof orderSchema>;
export type OrderSummaryDocument = z.infer<typeof orderSummarySchema>;
export type OrderPage = z.infer<typeof orderPageSchema>;
export type Problem = z.infer<typeof problemSchema>;
export type BatchResults = z.infer<typeof batchResultsSchema>;
export type Stats = z.infer<typeof statsSchema>;
export type DrainReport = z.infer<typeof drainReportSchema>;
export type Redriven = z.infer<typeof redrivenSchema>;
