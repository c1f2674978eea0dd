import { stockDocument } from '../lib/contract/stock-document.ts';
import {
  type StockPage,
  type StockQuery,
  stockQuerySchema,
} from '../lib/contract/stock-schemas.ts';
import { pagesOf } from '../lib/http/page-query.ts';
import { json } from '../lib/http/responses.ts';
import { notTracked } from '../lib/http/stock-answers.ts';
import { httpFunction } from '../lib/runtime.ts';
import { listStock, scarcestStock, stocksOf, type TrackedSku } from '../lib/store/stock.ts';

const documentsOf = (stocks: readonly TrackedSku[]) =>
  stocks.map(({ sku, stock }) => stockDocument(sku, stock));

/** GET /stock/{sku} and GET /stock: 200 with stock; 400, 404 and 503 as problem details. */
export const handler = await httpFunction(({ config, storeForBatches, route }) => {
  const store = storeForBatches();
  const pages = pagesOf<StockQuery, { sku: string }>('stock', stockQuerySchema, config.redisToken);

  return route({ scope: 'orders:admin' }, async (request) => {
    const { sku } = request.pathParameters;
    if (sku !== undefined) {
      const [document] = documentsOf(await stocksOf(store, [sku]));
      return document ? json(200, document) : notTracked();
    }
    const page = pages.read(request);
    if (page.kind === 'refused') return page.response;
    const { limit, sort } = page.query;
    if (sort === 'available') {
      const stocks = documentsOf(await scarcestStock(store, limit));
      return json(200, { stocks, nextCursor: null } satisfies StockPage);
    }
    const { stocks, end } = await listStock(store, { after: page.after?.sku, skusMax: limit });
    const nextCursor = pages.nextCursor(request, end === undefined ? end : { sku: end });
    return json(200, { stocks: documentsOf(stocks), nextCursor } satisfies StockPage);
  });
});
