import { withContent } from '../../lib/orders/content.ts';
import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Submission } from '../../lib/orders/submission.ts';
import type { Store } from '../../lib/store/connection.ts';
import type { NewOrder } from '../../lib/store/order-record.ts';
import { submitOne } from './store.ts';

/** The test's own time: nothing that a store does depends on the machine's. */
export const NOW_MS = Date.UTC(2026, 10, 22, 13, 37);

/** The body of a submit, as a client sends it. */
export function orderBody(overrides: Record<string, unknown> = {}) {
  return {
    customer: '17850',
    currency: 'GBP',
    lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
    ...overrides,
  };
}

export function submission(overrides: Partial<Submission> = {}): Submission {
  return {
    customer: '17850',
    currency: 'GBP',
    lines: [{ sku: '85123A', quantity: 6, unitAmount: 255 }],
    totalAmount: 1_530,
    ...overrides,
  };
}

/** A new order, and when its test submits it. */
export type TestOrder = NewOrder & { readonly acceptedAtMs: number };

export function newOrder(
  idempotencyKey: string,
  overrides: { submission?: Partial<Submission>; acceptedAtMs?: number; client?: string } = {},
): TestOrder {
  const { client = 'shop' } = overrides;
  const submitted = submission(overrides.submission);
  return {
    id: orderIdOf(client, idempotencyKey),
    client,
    idempotencyKey,
    ...withContent(submitted),
    acceptedAtMs: overrides.acceptedAtMs ?? NOW_MS,
  };
}

/** Submits `count` orders, one after the other, and answers their ids in that order. */
export async function submitOrders(store: Store, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const order = newOrder(`key-${index}`, { acceptedAtMs: NOW_MS + index });
    await submitOne(store, order);
    ids.push(order.id);
  }
  return ids;
}
