import { randomUUID } from 'node:crypto';
import { readConfig } from '../lib/config.ts';
import { intakeOf } from '../lib/intake/intake.ts';
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
  const parts = {
    store,
    metrics: NO_METRICS,
    wake: undefined,
    config: readConfig({}, { redis: false, apiKeys: false }),
  };
  const requests = Array.from({ length: orders }, (_, at) => ({
    idempotencyKey: `${name}-${at}`,
    submission: { ...ORDER, totalAmount: 1_530 },
  }));
  await submitOrders(intakeOf(parts), CLIENT, requests, Date.now());
}

/** Fills the queue of a store, 500 orders at a time. */
export async function fillQueue(store: Store, orders: number): Promise<void> {
  for (let from = 0; from < orders; from += 500) {
    await submitMany(store, `key-${from}`, Math.min(500, orders - from));
  }
}
