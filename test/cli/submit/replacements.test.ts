import { expect, test } from 'vitest';
import { findReplacements, obstacleTo, replaceOrders } from '../../../cli/submit/replacements.ts';
import { replacementsReport } from '../../../cli/submit/replacements-report.ts';
import { emptyTally } from '../../../cli/submit/send.ts';
import { Conflict, Unreachable } from '../../../lib/client/errors.ts';
import type { Me, OrderDocument } from '../../../lib/contract/schemas.ts';
import { lookInto } from './reading.ts';

const ORDER: OrderDocument = {
  id: 'ord_1',
  status: 'queued',
  customer: 'a',
  currency: 'GBP',
  totalAmount: 1_500,
  lines: [
    { sku: 'x', quantity: 5, unitAmount: 255 },
    { sku: 'y', quantity: 1, unitAmount: 225 },
  ],
  idempotencyKey: '7',
  acceptedAt: '2026-11-22T13:37:00.000Z',
  updatedAt: '2026-11-22T13:37:00.000Z',
  attempts: 0,
};
const TRIED = { lastError: { reason: 'No.', at: '2026-11-22T13:38:00.000Z' } };

test.each<[string, Partial<OrderDocument>]>([
  ['waits', { status: 'queued' }],
  ['is scheduled', { status: 'scheduled' }],
  ['was canceled', { status: 'canceled' }],
])('an order that %s and was never tried can be replaced', (_name, more) => {
  expect(obstacleTo({ ...ORDER, ...more })).toBeUndefined();
});

test.each<[string, Partial<OrderDocument>, RegExp]>([
  ['being produced', { status: 'producing', attempts: 1 }, /^ord_1 is being produced: correct it/],
  [
    'produced',
    { status: 'produced', orderNumber: 12 },
    /already produced as number 12: correct it/,
  ],
  ['dead', { status: 'dead', attempts: 24 }, /is dead.* cancel it, and submit it as a new order/],
  ['to be retried', { attempts: 1 }, /has begun: cancel it, and submit/],
  ['tried before', { status: 'scheduled', ...TRIED }, /has begun: cancel it, and submit/],
  ['canceled after that', { status: 'canceled', ...TRIED }, /canceled after .* begun: submit it/],
])('an order that is %s is not replaced, and the reason says what to do', (_name, more, reason) => {
  expect(obstacleTo({ ...ORDER, ...more })).toMatch(reason);
});

test('an order that is no longer there is not replaced', () => {
  expect(obstacleTo(undefined)).toMatch(/no longer there: submit the file again/);
});

test('what would be replaced is shown with totals, the lines that change, and changed fields', () => {
  const lines = [ORDER.lines[1], { sku: 'x', quantity: 4, unitAmount: 255 }];
  const order = { customer: 'b\n', currency: 'GBP', lines };
  const locate = () => ({ row: 1, label: '' });
  const submission = { id: 1, idempotencyKey: '7', order, row: 1, locate };
  const ids = new Map([1, 2].map((id) => [id, `ord_${id}`]));
  expect(replacementsReport({ ids, first: [{ order: ORDER, submission }] })).toBe(`
2 orders are there already with other content and would be replaced. Each waits or was canceled; none has begun to be produced.

7 (ord_1, queued)
  customer  a -> b\\u000a
  total     GBP 15.00 -> GBP 12.45
  lines     2
  -         5 x x at GBP 2.55
  +         4 x x at GBP 2.55

... and 1 more
`);
});

const OPTIONS = { stop: new AbortController().signal, onProgress: () => {} };

/** A file of so many orders that were accepted with other content. */
async function differing(count: number) {
  const { lines, customer, currency } = ORDER;
  const texts = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ idempotencyKey: String(at + 1), lines, customer, currency }),
  );
  const { understood, orders } = await lookInto(texts.join('\n'), {}, 'ndjson');
  for (const { id, idempotencyKey: key, row } of orders) {
    understood.sheet.keep({ id, key, row, fate: 'different', reason: 'It differs.' });
  }
  const ids = new Map(orders.map(({ id, idempotencyKey }) => [id, `ord_${idempotencyKey}`]));
  return { understood, ids, tally: { ...emptyTally(count), different: count } };
}

test('an admin finds its own order, and not that of a client with the same key', async () => {
  const { understood, tally } = await differing(1);
  async function* list() {
    yield { ...ORDER, id: 'ord_of_shop', client: 'a-shop' };
    yield { ...ORDER, client: 'ops' };
  }
  const me = async () => ({ client: 'ops' }) as Me;
  const get = async (id: string) => ({ ...ORDER, id });
  const found = await findReplacements({ me, list, get }, understood, tally, OPTIONS);
  expect([...(found?.ids.values() ?? [])]).toEqual(['ord_1']);
  expect(found?.first).toMatchObject([{ order: { id: 'ord_1' } }]);
});

/** Replaces three orders, one after the other, with a client that answers so. */
async function replaceThree(replace: (id: string) => Promise<OrderDocument>) {
  const { understood, ids, tally } = await differing(3);
  await replaceOrders({ replace }, understood, { ids, first: [] }, tally, OPTIONS);
  return { tally, kept: [...understood.sheet.kept()] };
}

test('an order whose production begins meanwhile is rejected, and the others are replaced', async () => {
  const problem = { status: 409, type: 'about:blank', detail: 'It has begun.', errors: [] };
  const { tally, kept } = await replaceThree(async (id) => {
    if (id === 'ord_2') throw new Conflict('No.', problem);
    return ORDER;
  });
  expect(tally).toMatchObject({ replaced: 2, different: 0, rejected: 1, lines: 4 });
  expect(tally.totals).toEqual(new Map([['GBP', 3_000n]]));
  expect(kept).toMatchObject([
    { key: '2', fate: 'rejected', reason: 'ord_2 was not replaced: It has begun' },
  ]);
});

test('a failure of the API ends it, and what was not replaced stays different', async () => {
  const { tally, kept } = await replaceThree(async (id) => {
    if (id === 'ord_2') throw new Unreachable('Cannot reach the API', { hasAnswered: true });
    return ORDER;
  });
  expect(tally).toMatchObject({ replaced: 1, different: 2, end: { kind: 'failed' } });
  expect(kept.map(({ key, fate }) => `${key} ${fate}`)).toEqual(['2 different', '3 different']);
});
