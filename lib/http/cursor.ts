import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { isOrderId } from '../orders/identity.ts';
import type { PageRequest, Place } from '../queue/store.ts';

type List = PageRequest['of'];

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Cursors {
  /** The place where a page ended, as its client hands it back. */
  at(place: Place): string;
  /** @returns `undefined` where the text is no cursor of this list */
  placeOf(cursor: string): Place | undefined;
}

/**
 * Cursors of one list. They are encrypted, as the place may be another client's order, and
 * authenticated, so that what was cut off, mistyped or given by another list is no cursor.
 *
 * @param secret  one that all instances have; after it has changed, cursors from before are none
 */
export function cursorsOf(list: List, secret: string): Cursors {
  const key = createHmac('sha256', secret).update('cursors').digest();

  function at({ atMs, id }: Place): string {
    const place = `${atMs}:${id}`;
    // It follows from the place: the same place is the same cursor, and no two share one.
    const iv = createHmac('sha256', key).update(`${list}:${place}`).digest().subarray(0, IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(list));
    const text = Buffer.concat([cipher.update(place), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
  }

  function placeOf(cursor: string): Place | undefined {
    const bytes = Buffer.from(cursor, 'base64url');
    // Base64 that is written otherwise says the same.
    if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== cursor) return;
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(list))
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      const [atMs = '', id = ''] = Buffer.concat([text, decipher.final()]).toString().split(':');
      return isOrderId(id) ? { atMs: Number(atMs), id } : undefined;
    } catch {
      return undefined;
    }
  }

  return { at, placeOf };
}
