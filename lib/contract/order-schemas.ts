import * as z from 'zod/mini';
import { BATCH_ORDERS_MAX, KEY } from '../orders/batch.ts';
import {
  DESCRIPTION,
  LINES_MAX,
  NAME,
  QUANTITY,
  type TextRule,
  UNIT_AMOUNT,
  type WholeRule,
} from '../orders/rules.ts';

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
