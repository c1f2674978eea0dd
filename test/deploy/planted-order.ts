import { randomUUID } from 'node:crypto';
import { orderBody } from '../support/orders.ts';
import type { clientOf } from './client.ts';

/**
 * Submits an order whose every text is found again wherever it stands, and makes each mistake with
 * it that might have it told.
 *
 * @returns the order's id, and what may stand in nothing but the answers to its client
 */
export async function plantOrder({ call, submit }: ReturnType<typeof clientOf>) {
  const canary = (what: string) => `${what}-${randomUUID()}`;
  const [customer, sku, note, key] = ['customer', 'sku', 'note', 'key'].map(canary) as [
    string,
    string,
    string,
    string,
  ];
  const lines = [{ sku, quantity: 6, unitAmount: 255 }];
  const order = orderBody({ customer, lines, metadata: { note } });
  const { id } = await submit(order, { key });
  await submit(order, { key, as: 'other' });
  await submit({ ...order, currency: note });
  await submit({ ...order, reference: customer }, { key });
  await submit(order, { key: `${key}\u00e9` });
  await call('shop', 'POST /orders/batch', { body: { orders: [{ ...order, [note]: sku }] } });
  await call('shop', `GET /orders?customer=${customer}&cursor=${note}`);
  await call('shop', `GET /orders?customer=${customer}`);
  await call('other', `GET /orders/${id}`);
  await call('shop', `GET /orders/${note}`);
  await call(undefined, `GET /orders/${note}`);
  return { id, customer, planted: [customer, sku, note, key] };
}
