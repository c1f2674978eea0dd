import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { ListRequest } from '../store/list.ts';
import type { Position } from '../store/list-places.ts';

/** Orders by key are a list of their own, as a cursor of theirs is a place in no other. */
export type List = ListRequest['of'] | 'orders-by-key' | 'stock';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Cursors<P> {
  /** A cursor for the position where a page ended. */
  at(position: P): string;
  /** @returns `undefined` if the text is not a cursor of this list and reader */
  positionOf(cursor: string): P | undefined;
}

/**
 * Cursors of one list as one reader sees it. They are encrypted, because a position may name another client's order, and
 * authenticated, so that a cursor that was cut off, mistyped or made for another list or reader is refused.
 *
 * @param reader  whose orders the list holds
 * @param secret  shared by all instances; after it has changed, earlier cursors are refused
 */
export function cursorsOf<P = Position>(list: List, reader: string, secret: string): Cursors<P> {
  const context = Buffer.from(`${list}:${reader}`);
  const key = createHmac('sha256', secret).update('cursors').digest();

  function at(position: P): string {
    const text = JSON.stringify(position);
    // Derived from the position: no two positions share one.
    const iv = createHmac('sha256', key)
      .update(`${context}:${text}`)
      .digest()
      .subarray(0, IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(context);
    const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
  }

  function positionOf(cursor: string): P | undefined {
    const bytes = Buffer.from(cursor, 'base64url');
    // Base64 can write the same bytes in several ways; only one of them is a cursor.
    if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== cursor) return;
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
      .setAAD(context)
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return JSON.parse(Buffer.concat([text, decipher.final()]).toString());
    } catch {
      return undefined;
    }
  }

  return { at, positionOf };
}
