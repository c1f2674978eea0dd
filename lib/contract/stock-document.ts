import type { StockDocument } from './stock-schemas.ts';

interface Counts {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly limit?: { readonly units: number };
}

/** The stock of a SKU as the API shows it. */
export function stockDocument(sku: string, stock: Counts): StockDocument {
  const { available, reserved, sold, limit } = stock;
  return { sku, available, reserved, sold, perCustomerMax: limit?.units ?? null };
}
