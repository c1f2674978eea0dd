import { createHash } from 'node:crypto';
import { isOrderId } from '../orders/identity.ts';
import type { PageRequest, Place } from '../queue/store.ts';

type List = PageRequest['of'];

/** The place where a page ended, as its client hands it back. It says nothing of what it holds. */
export function cursorAt(list: List, { atMs, id }: Place): string {
  const place = `${atMs}:${id}`;
  return Buffer.from(`${place}:${checkOf(list, place)}`).toString('base64url');
}

/** @returns `undefined` where the text is no cursor of this list, as when a part of it is cut off */
export function placeOf(list: List, cursor: string): Place | undefined {
  const [atMs = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(':');
  const place = { atMs: Number(atMs), id };
  const isPlace = /^\d{1,16}$/.test(atMs) && isOrderId(id);
  return isPlace && cursorAt(list, place) === cursor ? place : undefined;
}

/** No secret: it only tells a cursor from what was mistyped or belongs to another list. */
function checkOf(list: List, place: string): string {
  return createHash('sha256').update(`${list}:${place}`).digest('base64url').slice(0, 8);
}
