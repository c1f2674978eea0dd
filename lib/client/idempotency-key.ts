import { IDEMPOTENCY_KEY_PATTERN } from '../orders/identity.ts';

/**
 * An idempotency key as a header value: always quoted, because a bare key that begins with a quote
 * would be taken for a quoted one.
 *
 * @throws TypeError if no header can carry the key
 * @see https://www.rfc-editor.org/rfc/rfc8941#section-3.3.3
 */
export function idempotencyKeyHeader(key: string): string {
  if (!IDEMPOTENCY_KEY_PATTERN.test(key)) {
    throw new TypeError(
      'idempotencyKey must be 1 to 255 printable ASCII characters, with no space at either end.',
    );
  }
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}
