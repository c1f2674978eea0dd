import type { ProducerContext } from '../../lib/production/producer.ts';
import type { ClaimedOrder } from '../../lib/queue/store.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';

/** Orders as a claim has them, without a store. */
export function claimedOrders(count: number): [ClaimedOrder, ...ClaimedOrder[]] {
  const orders = Array.from({ length: count }, (_, index): ClaimedOrder => {
    const { id, client, submission } = newOrder(`key-${index}`);
    return {
      ...submission,
      id,
      client,
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
