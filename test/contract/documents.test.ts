import { describe, expect, test } from 'vitest';
import { orderDocument, receiptOf } from '../../lib/contract/documents.ts';
import type { Order } from '../../lib/orders/order.ts';
import { NOW_MS, submission } from '../support/orders.ts';

const ORDER: Order = {
  ...submission(),
  id: 'ord_x',
  client: 'shop',
  status: 'dead',
  attempts: 8,
  acceptedAtMs: NOW_MS,
  updatedAtMs: NOW_MS + 1,
};

describe('orderDocument', () => {
  test('has what has become of the order, as it comes', () => {
    const order: Order = {
      ...ORDER,
      orderNumber: 0,
      producedAtMs: 0,
      result: null,
      lastError: { reason: '', atMs: NOW_MS },
    };
    expect(orderDocument(order, { withClient: false })).toMatchObject({
      status: 'dead',
      attempts: 8,
      orderNumber: 0,
      producedAt: '1970-01-01T00:00:00.000Z',
      result: null,
      lastError: { reason: '', at: '2026-11-22T13:37:00.000Z' },
    });
  });

  test('has no member that is not there yet', () => {
    const names = Object.keys(orderDocument(ORDER, { withClient: false }));
    for (const name of [
      'orderNumber',
      'producedAt',
      'result',
      'lastError',
      'reference',
      'client',
    ]) {
      expect(names).not.toContain(name);
    }
  });

  test('has the client for those who read the orders of all', () => {
    expect(orderDocument(ORDER, { withClient: true })).toMatchObject({ client: 'shop' });
  });
});

describe('receiptOf', () => {
  test('follows from what never changes: the same bytes for the same order', () => {
    const scheduled = submission({ produceAtMs: NOW_MS + 1, reference: 'r' });
    const bytes = () => JSON.stringify(receiptOf('ord_x', scheduled, NOW_MS));
    expect(bytes()).toBe(bytes());
    expect(bytes()).toBe(
      '{"id":"ord_x","status":"scheduled","customer":"17850","currency":"GBP",' +
        '"totalAmount":1530,"reference":"r","acceptedAt":"2026-11-22T13:37:00.000Z"}',
    );
  });

  test.each([
    [-1, 'queued'],
    [0, 'queued'],
    [1, 'scheduled'],
  ])('an order for %i ms after it was accepted is %s', (afterMs, status) => {
    const order = submission({ produceAtMs: NOW_MS + afterMs });
    expect(receiptOf('ord_x', order, NOW_MS).status).toBe(status);
  });
});
