import { createHash } from 'node:crypto';
import type { Submission } from './submission.ts';

/** 160 bits in base32hex: short, safe in a URL, and no two clients' keys meet in practice. */
const ID_HEX_DIGITS = 40;
/** 1 to 255 printable ASCII characters, with no space at either end. */
export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
export const ID_PATTERN = /^ord_[0-9a-v]{32}$/;

/**
 * An order's id follows from who submits it and under which idempotency key, so the order is its
 * own idempotency record: a repeat finds it, and no second key has to be kept in step.
 */
export function orderIdOf(client: string, idempotencyKey: string): string {
  const digest = sha256(JSON.stringify([client, idempotencyKey])).toString('hex');
  return `ord_${BigInt(`0x${digest.slice(0, ID_HEX_DIGITS)}`)
    .toString(32)
    .padStart(32, '0')}`;
}

/** 1 to 255 printable ASCII characters, with no space at either end. */
export function isIdempotencyKey(text: string): boolean {
  return IDEMPOTENCY_KEY_PATTERN.test(text);
}

/** Whether an order could have this id; what could not is not looked up. */
export function isOrderId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/**
 * Fingerprint of what was submitted: the same for bodies that mean the same order, so member
 * order, white space, `1.0` for `1` and the offset of a time do not count.
 */
export function fingerprintOf(submission: Submission): string {
  const { customer, currency, lines, reference, produceAtMs, metadata } = submission;
  const canonical = [
    customer,
    currency,
    lines.map((line) => [line.sku, line.quantity, line.unitAmount, line.description ?? null]),
    reference ?? null,
    produceAtMs ?? null,
    Object.entries(metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
  return sha256(JSON.stringify(canonical)).toString('base64url');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
