import { expect, test } from 'vitest';
import { orderDocument, receiptOf } from '../../lib/contract/documents.ts';
import type { Order } from '../../lib/orders/order.ts';
import { NOW_MS, newOrder, submission } from '../support/orders.ts';

const { client, id, idempotencyKey } = newOrder('key-1');
const ORDER: Order = {
  ...submission(),
  ...{ id, client, idempotencyKey, status: 'dead', attempts: 8 },
  ...{ acceptedAtMs: NOW_MS, updatedAtMs: NOW_MS + 1 },
};
const ACCEPTED_AT = '2026-11-22T13:37:00.000Z';

test('an order shows what has become of it, also where that is zero or null', () => {
  const order: Order = {
    ...ORDER,
    ...{ orderNumber: 0, producedAtMs: 0, nextAttemptAtMs: 1, result: null },
    lastError: { reason: '', atMs: NOW_MS },
    history: [{ reason: 'x', atMs: NOW_MS }],
  };
  expect(orderDocument(order, { withClient: true })).toMatchObject({
    client: 'shop',
    idempotencyKey: 'key-1',
    attempts: 8,
    orderNumber: 0,
    producedAt: '1970-01-01T00:00:00.000Z',
    nextAttemptAt: '1970-01-01T00:00:00.001Z',
    result: null,
    lastError: { reason: '', at: ACCEPTED_AT },
    history: [{ reason: 'x', at: ACCEPTED_AT }],
  });
});

test('an order has no member for what has not happened, and no client for its own client', () => {
  expect(Object.keys(orderDocument(ORDER, { withClient: false }))).toEqual([
    ...['id', 'status', 'customer', 'currency', 'totalAmount', 'acceptedAt', 'lines'],
    ...['idempotencyKey', 'attempts', 'updatedAt'],
  ]);
});

test.each([
  [-1, 'queued'],
  [0, 'queued'],
  [1, 'scheduled'],
])('the receipt of an order for %i ms after it was accepted says %s', (afterMs, status) => {
  const order = submission({ produceAtMs: NOW_MS + afterMs, reference: 'r' });
  const produceAt = new Date(NOW_MS + afterMs).toISOString();
  expect(JSON.stringify(receiptOf('ord_x', order, NOW_MS))).toBe(
    `{"id":"ord_x","status":"${status}","customer":"17850","currency":"GBP","totalAmount":1530,` +
      `"reference":"r","produceAt":"${produceAt}","acceptedAt":"${ACCEPTED_AT}"}`,
  );
});
