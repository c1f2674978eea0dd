import { isIdempotencyKey } from '../orders/identity.ts';

const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** Twice the longest key, all of it escaped: more is none, and is not searched for spaces. */
const HEADER_CHARACTERS_MAX = 1_024;

/**
 * Reads the `Idempotency-Key` header: the key itself, or as the quoted string of a structured
 * field; both forms are the same key.
 *
 * @returns `undefined` where there is no key or it is malformed
 * @see https://www.rfc-editor.org/rfc/rfc8941#section-3.3.3
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || header.length > HEADER_CHARACTERS_MAX) return undefined;
  const value = header.replace(/^[ \t]+|[ \t]+$/g, '');
  const key = value.startsWith('"') ? QUOTED.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') : value;
  return key !== undefined && isIdempotencyKey(key) ? key : undefined;
}
