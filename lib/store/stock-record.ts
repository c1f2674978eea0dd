import { hash } from 'node:crypto';
import { StoreFault } from './errors.ts';

/** What is kept of a SKU's stock, in units. What was put in is `available + reserved + sold`. */
export interface Stock {
  /** Below 0 only where upkeep has found that more was promised than there is. */
  readonly available: number;
  /** Held by orders that wait, are being produced, or are dead. */
  readonly reserved: number;
  /** Of produced orders. */
  readonly sold: number;
  /** Those of `sold` whose orders are no longer kept. */
  readonly forgotten: number;
  /** Grows by what is moved: whoever counts orders knows from it what may have changed meanwhile. */
  readonly moved: number;
  /** From when on it is tracked: an order that reserved under another one gives nothing back. */
  readonly epoch: string;
  /** What one customer may have, since when; `undefined` where there is no limit. */
  readonly limit?: { readonly units: number; readonly epoch: string };
}

const STOCK = /^(-?\d+):(-?\d+):(-?\d+):(-?\d+):(\d+):(\w+):(\d*):(\w*):[\w,]*$/;

/**
 * Reads a stock as scripts write it: `available:reserved:sold:forgotten:moved:epoch:limit:limitEpoch:changeIds`.
 * Those are of its last eight changes: a repeat is known by them.
 *
 * @throws StoreFault if it is not one
 */
export function stockFrom(text: string): Stock {
  const [, available, reserved, sold, forgotten, moved, epoch = '', units, limitEpoch = ''] =
    STOCK.exec(text) ?? [];
  if (available === undefined) throw new StoreFault('A stock cannot be read');
  return {
    ...{ available: Number(available), reserved: Number(reserved), sold: Number(sold) },
    ...{ forgotten: Number(forgotten), moved: Number(moved), epoch },
    ...(units && { limit: { units: Number(units), epoch: limitEpoch } }),
  };
}

/** The same text with other counts. */
export function withCounts(text: string, counts: Omit<Stock, 'epoch' | 'limit'>): string {
  const { available, reserved, sold, forgotten, moved } = counts;
  const rest = text.split(':').slice(5);
  return [available, reserved, sold, forgotten, moved, ...rest].join(':');
}

/** What an order has of a SKU. */
export interface Reservation {
  readonly sku: string;
  readonly units: number;
  /** Of the stock that it was taken from. */
  readonly epoch: string;
  /** Of the limit that it counts for; empty where there was none. */
  readonly limitEpoch: string;
}

const RESERVED = ',"reserved":';

/**
 * What the submit that accepted an order has reserved for it: it stands at the end of the record, and
 * nowhere else, as a quote within a string is escaped. An order that reserved nothing has none.
 *
 * @throws StoreFault if it cannot be read
 */
export function reservationsIn(record: string): Reservation[] {
  const at = record.lastIndexOf(`${RESERVED}[[`);
  if (at < 0) return [];
  try {
    const entries = JSON.parse(record.slice(at + RESERVED.length, -1)) as unknown[][];
    return entries.map(([sku, units, epoch, limitEpoch]) => ({
      ...{ sku: String(sku), units: Number(units), epoch: String(epoch) },
      limitEpoch: String(limitEpoch),
    }));
  } catch {
    throw new StoreFault('The reservations of an order cannot be read');
  }
}

/** What an order of these lines wants of each SKU. */
export function unitsOf(
  lines: readonly { readonly sku: string; readonly quantity: number }[],
): Map<string, number> {
  const units = new Map<string, number>();
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return units;
}

/** Names what a customer of a client has of a SKU; nothing of the customer can be read from it. */
export function allowanceOf(client: string, customer: string, sku: string): string {
  return hash('sha256', JSON.stringify([client, customer, sku]), 'base64url').slice(0, 27);
}
