import { stockDocument } from '../contract/stock-document.ts';
import type { StockChangeBody, StockDocument } from '../contract/stock-schemas.ts';
import type { StockAnswer, StockChange } from '../store/stock.ts';
import { type HttpResponse, problem } from './responses.ts';

/** What a body asks for, as the store takes it. */
export function stockChange(
  sku: string,
  { available, add, perCustomerMax }: StockChangeBody,
): StockChange {
  const kind = available === undefined ? 'add' : 'set';
  return { sku, kind, units: available ?? add ?? 0, perCustomerMax };
}

/** What came of a change: the stock, or why not. */
export function changedStock(
  sku: string,
  answer: StockAnswer | undefined,
): { stock: StockDocument } | { refusal: HttpResponse } {
  if (answer?.kind === 'changed') return { stock: stockDocument(sku, answer.stock) };
  if (answer?.kind === 'short') {
    const detail = `There are ${answer.stock.available} left: no more can be taken away.`;
    return { refusal: problem('not-enough-stock', detail) };
  }
  if (answer?.kind === 'full') {
    const detail =
      '100,000 SKUs are tracked, which is the limit. Untrack some that are no longer sold.';
    return { refusal: problem('too-many-skus', detail) };
  }
  return { refusal: notTracked() };
}

/** 404 for a SKU without stock: orders for it are not limited. */
export function notTracked(): HttpResponse {
  return problem('not-tracked', 'This SKU is not tracked. Set "available" to track it.');
}

/** 409 where no order would reserve anything. */
export function stockIsOff(): HttpResponse {
  const detail = 'Stock is off in this deployment. Set SLUICE_STOCK=on and deploy.';
  return problem('stock-off', detail);
}
