import type * as z from 'zod/mini';
import {
  type StockDocument,
  type StockPage,
  type StockResults,
  type stockItemSchema,
  stockPageSchema,
  type stockQuerySchema,
  stockResultsSchema,
  stockSchema,
} from '../contract/stock-schemas.ts';
import type { Answer } from './answer.ts';
import { errorOf, read } from './answers.ts';
import { idempotencyKeyHeader } from './idempotency-key.ts';
import type { Immutable } from './immutable.ts';
import { get, JSON_TYPE } from './requests.ts';
import type { CallOptions, Request } from './send.ts';

/** What to do to the stock of a SKU: set `available`, or `add` to it. */
export type StockItem = Immutable<z.input<typeof stockItemSchema>>;

/** What one change of many came to. */
export type StockResult = StockResults['results'][number];

/** The routes for stock. */
export interface StockCalls {
  /**
   * PUT /stock: 1 to 500 changes, each with its own result. Every try has the same key, so a lost answer
   * adds nothing twice.
   */
  changeStock(
    items: readonly StockItem[],
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<StockResult[]>;
  /** PUT /stock/{sku}. As `changeStock`, for one SKU; a refusal is thrown. */
  setStock(
    sku: string,
    change: Omit<StockItem, 'sku'>,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<StockDocument>;
  /** GET /stock/{sku} */
  stock(sku: string, options?: CallOptions): Promise<StockDocument>;
  /** GET /stock: one page; `limit` is 1 to 500. */
  stockPage(
    query?: Immutable<z.input<typeof stockQuerySchema>>,
    options?: CallOptions,
  ): Promise<StockPage>;
  /** GET /stock, page after page, by SKU. */
  stocks(options?: CallOptions): AsyncGenerator<StockDocument, void>;
  /** DELETE /stock/{sku}: orders for it are not limited any more. Safe to repeat. */
  untrackStock(sku: string, options?: CallOptions): Promise<void>;
}

const PAGE_STOCKS = 500;

/** @param newKey  makes a key that no other change has */
export function stockCalls(
  send: (request: Request, call: CallOptions) => Promise<Answer>,
  newKey: () => string,
): StockCalls {
  const pathOf = (sku: string) => `stock/${encodeURIComponent(sku)}`;
  const put = (path: string, body: object, key: string) => ({
    ...({ method: 'PUT', path, body: JSON.stringify(body), isRepeatable: true } as const),
    headers: { ...JSON_TYPE, 'idempotency-key': idempotencyKeyHeader(key) },
  });
  const calls: StockCalls = {
    async changeStock(items, { idempotencyKey = newKey(), ...call } = {}) {
      const request = put('stock', { stocks: items }, idempotencyKey);
      return read(await send(request, call), 200, stockResultsSchema).results;
    },
    async setStock(sku, change, { idempotencyKey = newKey(), ...call } = {}) {
      const request = put(pathOf(sku), change, idempotencyKey);
      return read(await send(request, call), 200, stockSchema);
    },
    async stock(sku, call = {}) {
      return read(await send(get(pathOf(sku)), call), 200, stockSchema);
    },
    async stockPage(query, call = {}) {
      return read(await send(get('stock', query), call), 200, stockPageSchema);
    },
    async *stocks(call) {
      let cursor: string | null | undefined;
      do {
        const page = await calls.stockPage({ limit: PAGE_STOCKS, ...(cursor && { cursor }) }, call);
        yield* page.stocks;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    async untrackStock(sku, call = {}) {
      const request = { method: 'DELETE', path: pathOf(sku), isRepeatable: true } as const;
      const answer = await send(request, call);
      if (answer.status !== 204) throw errorOf(answer);
    },
  };
  return calls;
}
