import { type Fault, type FaultList, faultList } from './faults.ts';
import { IDEMPOTENCY_KEY_PATTERN } from './identity.ts';
import { fits, isObject, type TextRule } from './rules.ts';
import { orderForm, type Submission, validateSubmission } from './submission.ts';

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

/**
 * An order has fewer bytes than `ORDER_BYTES_MAX` if it is valid and has no more lines than this: a line takes
 * up to 1,359 bytes and everything else 22,600, where its time is not written with endless digits.
 */
const SMALL_ORDER_LINES = 150;

export const KEY: TextRule = {
  pattern: IDEMPOTENCY_KEY_PATTERN,
  rule: '1 to 255 printable ASCII characters, with no space at either end',
};
const ORDERS_RULE = `an array of 1 to ${BATCH_ORDERS_MAX} orders`;
const BATCH_MEMBERS = new Set(['orders']);

/** One order of a batch: the body of a submit and its key. */
const ITEM = orderForm(
  'a JSON object with idempotencyKey, customer, currency and lines',
  ['idempotencyKey'],
  ({ idempotencyKey }, list) => {
    if (!fits(idempotencyKey, KEY)) list.broken(['idempotencyKey'], idempotencyKey, KEY.rule);
  },
);

export type BatchValidation =
  /** It holds an order over `ORDER_BYTES_MAX`, as JSON without white space. */
  | { readonly kind: 'too-large' }
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
  const list = faultList();
  const orders = ordersIn(body, list);
  const isBatch = list.faults.length === 0;
  const items = isBatch ? orders.map((order) => validateItem(order, nowMs)) : [];
  if (orders.some((order, at) => !isSmall(items[at]) && bytesOf(order) > ORDER_BYTES_MAX)) {
    return { kind: 'too-large' };
  }
  if (!isBatch) return { kind: 'invalid', faults: list.faults };
  return { kind: 'valid', items: withinBytes(items) };
}

function ordersIn(body: unknown, list: FaultList): readonly unknown[] {
  if (!isObject(body)) {
    list.broken([], body, 'a JSON object with orders');
    return [];
  }
  const { orders } = body;
  const isCounted =
    Array.isArray(orders) && orders.length >= 1 && orders.length <= BATCH_ORDERS_MAX;
  if (!isCounted) list.broken(['orders'], orders, ORDERS_RULE);
  list.unknown([], body, BATCH_MEMBERS);
  return Array.isArray(orders) ? orders : [];
}

/** Leaves out faults where they are too many to be answered, but never an order's first. */
function withinBytes(items: readonly BatchItem[]): readonly BatchItem[] {
  const faulty = items.filter((item) => item.kind === 'invalid');
  if (faulty.length === 0) return items;
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

/** Validates an order with its key; faults are relative to it. */
export function validateItem(item: unknown, nowMs: number): BatchItem {
  const validation = validateSubmission(item, nowMs, ITEM);
  if (validation.kind === 'invalid') return validation;
  const { idempotencyKey } = item as { idempotencyKey: string };
  return { ...validation, idempotencyKey };
}

function isSmall(item: BatchItem | undefined): boolean {
  if (item?.kind !== 'valid') return false;
  const { lines, produceAtMs } = item.submission;
  return lines.length <= SMALL_ORDER_LINES && produceAtMs === undefined;
}

function bytesOf(order: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(order));
  } catch {
    // Nested too deeply to be serialized, so not an order: validation says so.
    return 0;
  }
}
