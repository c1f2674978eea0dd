import { randomUUID } from 'node:crypto';
import { backPressure } from '../lib/intake/back-pressure.ts';
import { submitOrders } from '../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../lib/metrics/metrics.ts';
import { connect, type Store } from '../lib/store/connection.ts';
import { keysWith } from '../lib/store/keys.ts';

export const CLIENT = 'shop';

/** The order of every measurement, as a client sends it. */
export const ORDER = {
  customer: '17850',
  currency: 'GBP',
  lines: [{ sku: '85123A', quantity: 6, unitAmount: 255, description: 'T-LIGHT HOLDER' }],
};

/** A store under keys of its own, so that no measurement finds what another has left. */
export function freshStore(server: { url: string; token: string }): Store {
  const client = connect({ ...server, timeoutMs: 30_000, sendsMax: 1, random: Math.random });
  return { client, keys: keysWith(`${randomUUID()}:`) };
}

/** Fills the queue of a store, 500 orders at a time. */
export async function fillQueue(store: Store, orders: number): Promise<void> {
  const intake = {
    store,
    backPressure: backPressure(Number.MAX_SAFE_INTEGER),
    scheduledMax: 1,
    metrics: NO_METRICS,
  };
  const submission = { ...ORDER, totalAmount: 1_530 };
  for (let from = 0; from < orders; from += 500) {
    const requests = Array.from({ length: Math.min(500, orders - from) }, (_, at) => ({
      idempotencyKey: `key-${from + at}`,
      submission,
    }));
    await submitOrders(intake, CLIENT, requests, Date.now());
  }
}
