import * as z from 'zod/mini';
import { type Fault, faultsOf } from './faults.ts';
import { IDEMPOTENCY_KEY_PATTERN } from './identity.ts';
import { must, parseOrder, type Submission, submissionOf, submissionSchema } from './submission.ts';

/** The most orders that one request may submit. */
export const BATCH_ORDERS_MAX = 500;
/** The most bytes of a batch, and of one order. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
export const ORDER_BYTES_MAX = 256 * 1024;
/**
 * The most bytes of a batch's faults, as a Lambda answers them. It may answer 6 MB, and receipts and
 * problems of 500 orders take less than one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const BATCH_FAULT_BYTES_MAX = 4_500_000;

export const KEY_RULE = must('1 to 255 printable ASCII characters, with no space at either end');

/** One order of a batch: the body of a submit and its key. */
export const batchItemSchema = z.strictObject(
  {
    idempotencyKey: z.string(KEY_RULE).check(z.regex(IDEMPOTENCY_KEY_PATTERN, KEY_RULE)),
    ...submissionSchema.shape,
  },
  must('a JSON object with idempotencyKey, customer, currency and lines'),
);

const ORDERS_RULE = must(`an array of 1 to ${BATCH_ORDERS_MAX} orders`);

/** The body of a batch submit; its items are validated one by one. */
export const batchSchema = z.strictObject(
  {
    orders: z
      .array(z.unknown(), ORDERS_RULE)
      .check(z.minLength(1, ORDERS_RULE), z.maxLength(BATCH_ORDERS_MAX, ORDERS_RULE)),
  },
  must('a JSON object with orders'),
);

export type BatchValidation =
  /** The body is no batch. */
  | { readonly kind: 'invalid'; readonly faults: readonly Fault[] }
  /** Each item of a batch is judged on its own. */
  | { readonly kind: 'valid'; readonly items: readonly BatchItem[] };

export type BatchItem =
  | { readonly kind: 'valid'; readonly idempotencyKey: string; readonly submission: Submission }
  /** Pointers are relative to the item. */
  | { readonly kind: 'invalid'; readonly faults: readonly Fault[] };

/**
 * Validates the body of a batch submit.
 *
 * @param body   what `JSON.parse` gave
 * @param nowMs  Unix milliseconds
 */
export function validateBatch(body: unknown, nowMs: number): BatchValidation {
  const parsed = batchSchema.safeParse(body, { jitless: true });
  if (!parsed.success) return { kind: 'invalid', faults: faultsOf(parsed.error) };
  const items = parsed.data.orders.map((order) => validateItem(order, nowMs));
  return { kind: 'valid', items: withinBytes(items) };
}

/** Leaves out faults where they are too many to be answered, but never an order's first. */
function withinBytes(items: readonly BatchItem[]): BatchItem[] {
  const faulty = items.filter((item) => item.kind === 'invalid');
  let bytes = faulty.reduce((sum, { faults: [first] }) => sum + answeredBytes(first), 0);
  return items.map((item) => {
    if (item.kind === 'valid') return item;
    const faults = item.faults.filter((fault, at) => {
      if (at === 0) return true;
      bytes += answeredBytes(fault);
      return bytes <= BATCH_FAULT_BYTES_MAX;
    });
    return { ...item, faults };
  });
}

/** A Lambda's answer holds the body as a JSON string: what the body escapes is escaped once more. */
function answeredBytes(fault: Fault | undefined): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(fault ?? '')));
}

function validateItem(item: unknown, nowMs: number): BatchItem {
  const parsed = parseOrder(batchItemSchema, item, nowMs);
  if (parsed.kind === 'invalid') return parsed;
  const { idempotencyKey } = parsed.members;
  return { kind: 'valid', idempotencyKey, submission: submissionOf(parsed.members) };
}

/** Whether a batch holds an order over `ORDER_BYTES_MAX`, as JSON without white space. */
export function hasLargeOrder(body: unknown): boolean {
  const orders = typeof body === 'object' && body !== null && 'orders' in body ? body.orders : [];
  if (!Array.isArray(orders)) return false;
  return orders.some((order) => bytesOf(order) > ORDER_BYTES_MAX);
}

function bytesOf(order: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(order));
  } catch {
    // Nested too deeply to be serialized, so not an order: validation says so.
    return 0;
  }
}
