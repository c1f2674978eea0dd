import { orderIdOf } from '../../lib/orders/identity.ts';
import { chanceFrom } from '../support/chance.ts';
import { PLENTY, SCARCE } from './stock.ts';

/**
 * What an order does to whoever produces it:
 * - `plain`   is produced
 * - `retry`   is produced at the second call
 * - `reject`  is rejected
 * - `poison`  kills the process that produces it
 */
export type Nature = 'plain' | 'retry' | 'reject' | 'poison';

export interface PlannedOrder {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly nature: Nature;
  readonly totalAmount: number;
  readonly sku: string;
  readonly quantity: number;
  readonly body: object;
}

/** One order in so many kills its process; each does so as often as an order may be claimed. */
export const ORDERS_PER_POISON = 10_000;

/** The order of a place; the same for a seed however often it is asked for. */
export function plannedOrder(seed: number, place: number): PlannedOrder {
  const chance = chanceFrom(seed * 1_000_003 + place);
  chance();
  const drawn = chance();
  // The first poison comes early enough to be in a small run too.
  const isPoison = place % ORDERS_PER_POISON === 100;
  const nature = isPoison ? 'poison' : drawn < 0.01 ? 'retry' : drawn < 0.02 ? 'reject' : 'plain';
  const idempotencyKey = `chaos-${place}`;
  const isLater = chance() < 0.02;
  const customer = String(10_000 + Math.floor(chance() * 4_000));
  const line = { sku: skuOf(place), quantity: 1 + Math.floor(chance() * 9), unitAmount: 255 };
  return {
    id: orderIdOf('shop', idempotencyKey),
    idempotencyKey,
    nature,
    totalAmount: line.quantity * line.unitAmount,
    ...{ sku: line.sku, quantity: line.quantity },
    body: {
      customer,
      currency: 'GBP',
      lines: [line],
      metadata: { nature },
      ...(isLater && { produceAt: LATER }),
    },
  };
}

/** Most orders want what is not tracked. What comes last in each ten is scarce: no poison wants it. */
function skuOf(place: number): string {
  if (place % 10 === 9) return SCARCE;
  return place % 10 < 3 ? PLENTY : '85123A';
}

/** Scheduled orders are due once the run has put its clock forward, at its end. */
const LATER = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 15 * 60_000).toISOString();
