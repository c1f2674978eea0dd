import type { ClaimedOrder } from '../../lib/orders/order.ts';
import type { ProducerAnswer, ProducerContext } from '../../lib/producers/producer.ts';
import { orderFrom } from '../../lib/store/order-record.ts';
import { readStored } from '../../lib/store/read.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, type TestStore } from '../support/store.ts';

/** Orders as a claim has them, without a store. */
export function claimedOrders(count: number): [ClaimedOrder, ...ClaimedOrder[]] {
  const orders = Array.from({ length: count }, (_, index): ClaimedOrder => {
    const idempotencyKey = `key-${index}`;
    const { id, client, submission } = newOrder(idempotencyKey);
    return {
      ...submission,
      ...{ id, client, idempotencyKey },
      status: 'producing',
      attempts: 1,
      acceptedAtMs: NOW_MS + index,
      updatedAtMs: NOW_MS + index,
    };
  });
  return orders as [ClaimedOrder, ...ClaimedOrder[]];
}

export function contextOf(signal = new AbortController().signal): ProducerContext {
  return { token: 7, signal, deadlineMs: NOW_MS + 60_000 };
}

/** How many answers there are of each kind. */
export function kindsOf(answers: ReadonlyMap<string, ProducerAnswer>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of answers.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** A claim with its orders, as a drain hands them to its producer. */
export interface ClaimedBatch {
  readonly token: number;
  readonly orders: readonly ClaimedOrder[];
}

/** Claims orders as a drain does at this time, and settles none of them. */
export async function claimOrders(
  store: TestStore,
  nowMs: number,
  ordersMax = 100,
): Promise<ClaimedBatch> {
  const { token, leases } = await claimReady(store, { nowMs, ordersMax });
  const stored = await readStored(
    store,
    leases.map(({ id }) => id),
  );
  const orders = leases.map(({ id }, at): ClaimedOrder => {
    const order = orderFrom(id, stored[at] ?? { record: null, state: null }, nowMs);
    if (order === undefined) throw new Error('A claimed order has no record');
    return { ...order, status: 'producing' };
  });
  return { token, orders };
}
