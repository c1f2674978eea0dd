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

/** Submits orders under keys that begin with a name, as the functions do, up to 500. */
export async function submitMany(store: Store, name: string, orders: number): Promise<void> {
  const intake = {
    store,
    backPressure: backPressure(Number.MAX_SAFE_INTEGER),
    scheduledMax: 1,
    inDoubt: new Set<string>(),
    metrics: NO_METRICS,
  };
  const requests = Array.from({ length: orders }, (_, at) => ({
    idempotencyKey: `${name}-${at}`,
    submission: { ...ORDER, totalAmount: 1_530 },
  }));
  await submitOrders(intake, CLIENT, requests, Date.now());
}

/** Fills the queue of a store, 500 orders at a time. */
export async function fillQueue(store: Store, orders: number): Promise<void> {
  for (let from = 0; from < orders; from += 500) {
    await submitMany(store, `key-${from}`, Math.min(500, orders - from));
  }
}
