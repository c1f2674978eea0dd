import { expect, test } from 'vitest';
import { ordersQuerySchema } from '../../lib/contract/queries.ts';
import { pagesOf } from '../../lib/http/page-query.ts';
import type { Position } from '../../lib/store/list-places.ts';
import { newOrder } from '../support/orders.ts';

const shop = { client: 'shop', scopes: ['orders:read'] as const };
const other = { ...shop, client: 'other' };
const admin = { client: 'ops', scopes: ['orders:admin'] as const };

const pages = pagesOf('orders', ordersQuerySchema, 'secret');
const { id } = newOrder('a');
const END: Position = { place: 'pending', group: 0, atMs: 1_795_354_620_000, id };

/** The query that is read, or the detail of the refusal. */
function read(
  query: Record<string, string>,
  of = pages,
  caller: typeof shop | typeof admin = shop,
) {
  const page = of.read({ caller, query });
  return page.kind === 'query' ? page : (page.response.body as { detail: string }).detail;
}

test.each(['0', '101', '-1', '1.0', '1e1', '0x1', '01', ' 1', '', 'all', '1,2', '9'.repeat(14)])(
  'limit=%s is refused',
  (limit) => {
    expect(read({ limit })).toBe('limit: Must be a whole number from 1 to 100.');
  },
);

test.each(['', 'Queued', 'done', 'queued,dead'])('status=%s is refused', (status) => {
  expect(read({ status })).toMatch(/^status: Must be one of queued, /);
});

test.each(['', ' a', 'é', 'x'.repeat(256)])('idempotencyKey=%s is refused', (idempotencyKey) => {
  expect(read({ idempotencyKey })).toMatch(/^idempotencyKey: Must be 1 to 255 printable ASCII/);
});

test('everything that is wrong is named at once, and unknown parameters are ignored', () => {
  expect(read({ limit: 'x', status: 'x' })).toMatch(/limit: .*status: /);
  expect(read({ sort: 'up' })).toEqual({ kind: 'query', query: { limit: 50 } });
});

test('a cursor leads back to its position, and reveals nothing of it', () => {
  const cursor = String(pages.nextCursor({ caller: shop, query: {} }, END));
  expect(read({ cursor })).toMatchObject({ after: END });
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  expect(text).not.toContain(id.slice(4));
  expect(text).not.toContain(String(END.atMs));
  expect(pages.nextCursor({ caller: shop, query: {} }, undefined)).toBeNull();
});

test('a cursor that was changed, cut off or made up is refused', () => {
  const cursor = String(pages.nextCursor({ caller: shop, query: {} }, END));
  const bytes = Buffer.from(cursor, 'base64url');
  const flipped = [...bytes.keys()].map((at) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] as number) ^ 1;
    return copy.toString('base64url');
  });
  const madeUp = ['', 'x', ' ', `${cursor}=`, `${cursor}A`, cursor.slice(1), cursor.slice(0, -1)];
  for (const wrong of [...madeUp, 'ä', `${cursor},${cursor}`, 'null', ...flipped]) {
    expect([wrong, read({ cursor: wrong })]).toEqual([wrong, expect.stringMatching(/^cursor: /)]);
  }
});

test('a cursor of another list, another reader or another deployment is refused', () => {
  const cursor = String(pages.nextCursor({ caller: shop, query: {} }, END));
  const refused = expect.stringMatching(/^cursor: /);
  expect(read({ cursor }, pages, other)).toEqual(refused);
  expect(read({ cursor }, pages, admin)).toEqual(refused);
  expect(read({ cursor: String(pages.nextCursor({ caller: admin, query: {} }, END)) })).toEqual(
    refused,
  );
  const ofOther = {
    cursor: String(pages.nextCursor({ caller: admin, query: { client: 'other' } }, END)),
  };
  expect(read(ofOther, pages, admin)).toEqual(refused);
  expect(read({ ...ofOther, client: 'other' }, pages, admin)).toMatchObject({ after: END });
  for (const list of ['orders-by-key', 'dead-letters'] as const) {
    expect(read({ cursor }, pagesOf(list, ordersQuerySchema, 'secret'))).toEqual(refused);
  }
  expect(read({ cursor }, pagesOf('orders', ordersQuerySchema, 'another'))).toEqual(refused);
});
