import { hash } from 'node:crypto';

/** In base32hex, five bits a digit: short, safe in a URL. Four of them are five in hex. */
const CLIENT_DIGITS = 4;
const KEY_DIGITS = 28;
/** 1 to 255 printable ASCII characters, with no space at either end. */
export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
export const ID_PATTERN = /^ord_[0-9a-v]{32}$/;

/**
 * An order's id follows from who submits it and under which idempotency key, so the order is its
 * own idempotency record: a repeat finds it, and no second key has to be kept in step. 140 bits of
 * it are of both, so no two orders meet in practice.
 */
export function orderIdOf(client: string, idempotencyKey: string): string {
  return orderIdsOf(client)(idempotencyKey);
}

/** `orderIdOf` for many orders of one client. */
export function orderIdsOf(client: string): (idempotencyKey: string) => string {
  const prefix = idPrefixOf(client);
  return (idempotencyKey) =>
    `${prefix}${base32hex(hash('sha256', JSON.stringify([client, idempotencyKey])), KEY_DIGITS)}`;
}

/**
 * What the ids of a client's orders begin with, and in practice nobody else's: 20 bits, so that a
 * list need not read the orders of others to leave them out.
 */
export function idPrefixOf(client: string): string {
  return `ord_${base32hex(hash('sha256', client), CLIENT_DIGITS)}`;
}

/** The first digits of a digest, which comes in hex. */
function base32hex(digest: string, digits: number): string {
  const bits = BigInt(`0x${digest.slice(0, (digits * 5) / 4)}`);
  return bits.toString(32).padStart(digits, '0');
}

/** 1 to 255 printable ASCII characters, with no space at either end. */
export function isIdempotencyKey(text: string): boolean {
  return IDEMPOTENCY_KEY_PATTERN.test(text);
}

/** Whether an order could have this id; what could not is not looked up. */
export function isOrderId(text: string): boolean {
  return ID_PATTERN.test(text);
}
