import { randomUUID } from 'node:crypto';
import {
  stockChangeSchema,
  stockChangesSchema,
  stockItemSchema,
} from '../lib/contract/stock-schemas.ts';
import { faultsOf } from '../lib/http/checked-body.ts';
import { readIdempotencyKey } from '../lib/http/idempotency-key.ts';
import { readJsonBody } from '../lib/http/json-body.ts';
import { type HttpResponse, invalidBody, json, problem } from '../lib/http/responses.ts';
import { changedStock, stockChange, stockIsOff } from '../lib/http/stock-answers.ts';
import { fits, NAME } from '../lib/orders/rules.ts';
import { httpFunction } from '../lib/runtime.ts';
import type { Store } from '../lib/store/connection.ts';
import { changeStock, type StockAnswer } from '../lib/store/stock.ts';

const BODY_BYTES_MAX = 256 * 1024;

/** PUT /stock/{sku} and PUT /stock: 200 with the stock; 400, 404, 409, 413, 415 and 503 as problems. */
export const handler = await httpFunction(({ config, storeForBatches, route }) => {
  const store = storeForBatches();

  return route({ scope: 'orders:admin', audit: 'set-stock' }, async (request) => {
    const body = readJsonBody(request, BODY_BYTES_MAX);
    if (body.kind === 'refused') return body.response;
    const header = request.headers['idempotency-key'];
    const key = header === undefined ? randomUUID() : readIdempotencyKey(header);
    if (key === undefined) {
      const detail = 'Send an Idempotency-Key of 1 to 255 printable ASCII characters, or none.';
      return problem('invalid-idempotency-key', detail);
    }
    if (!config.hasStock) return stockIsOff();
    const { sku } = request.pathParameters;
    return sku === undefined ? many(store, body.value, key) : one(store, sku, body.value, key);
  });
});

async function one(store: Store, sku: string, body: unknown, key: string): Promise<HttpResponse> {
  const parsed = stockChangeSchema.safeParse(body, { jitless: true });
  if (!parsed.success) return invalidBody('invalid-stock', faultsOf(parsed.error));
  if (!fits(sku, NAME)) return problem('invalid-stock', 'The SKU in the path is not valid.');
  const [answer] = await changeStock(store, [stockChange(sku, parsed.data)], key);
  const changed = changedStock(sku, answer);
  return 'stock' in changed ? json(200, changed.stock) : changed.refusal;
}

async function many(store: Store, body: unknown, key: string): Promise<HttpResponse> {
  const parsed = stockChangesSchema.safeParse(body, { jitless: true });
  if (!parsed.success) return invalidBody('invalid-stock', faultsOf(parsed.error));
  const items = parsed.data.stocks.map((item) =>
    stockItemSchema.safeParse(item, { jitless: true }),
  );
  const changes = items.flatMap(({ data }) => (data ? [stockChange(data.sku, data)] : []));
  const answers: StockAnswer[] = changes.length === 0 ? [] : await changeStock(store, changes, key);
  const waiting = answers.values();
  const results = items.map(({ data, error }, index) => {
    const changed = data
      ? changedStock(data.sku, waiting.next().value)
      : { refusal: invalidBody('invalid-stock', error ? faultsOf(error) : []) };
    if ('stock' in changed) return { index, status: 200, stock: changed.stock };
    return { index, status: changed.refusal.status, problem: changed.refusal.body };
  });
  return json(200, { results });
}
