/**
 * Every problem that a function answers with; `docs/problems.md` explains each.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const PROBLEMS = {
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  'invalid-order': { status: 400, title: 'The body is not a valid order' },
  'invalid-batch': { status: 400, title: 'The body is not a batch of orders' },
  'invalid-redrive': { status: 400, title: 'The body is not a valid redrive' },
  'invalid-stock': { status: 400, title: 'The body is not a valid change of stock' },
  'invalid-cancel': { status: 400, title: 'The body is not a valid list of orders to cancel' },
  'invalid-pause': { status: 400, title: 'The body is not a valid pause' },
  'invalid-query': { status: 400, title: 'The query is not valid' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key is missing or malformed' },
  unauthorized: { status: 401, title: 'No valid API key' },
  forbidden: { status: 403, title: 'The API key lacks the scope' },
  'not-found': { status: 404, title: 'No such order' },
  'not-cancelable': { status: 409, title: 'The order can no longer be canceled' },
  'not-dead': { status: 409, title: 'The order is not dead' },
  'drain-running': { status: 409, title: 'A drain is running' },
  'out-of-stock': { status: 409, title: 'There is not enough stock' },
  'over-limit': { status: 409, title: 'The customer has reached the limit for a SKU' },
  'not-enough-stock': { status: 409, title: 'There is less stock than you want to take away' },
  'too-many-skus': { status: 409, title: 'Too many SKUs are tracked' },
  'stock-off': { status: 409, title: 'Stock is turned off' },
  'not-tracked': { status: 404, title: 'The SKU is not tracked' },
  paused: { status: 409, title: 'The drains are paused' },
  'order-erased': { status: 410, title: 'The order was erased' },
  'not-erasable': { status: 409, title: 'The order is being produced' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not JSON' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another order',
  },
  'order-replaced': { status: 422, title: 'The order was replaced' },
  'not-replaceable': { status: 409, title: 'The order can no longer be replaced' },
  'queue-full': { status: 429, title: 'Too many orders are waiting' },
  'schedule-full': { status: 429, title: 'Too many orders are scheduled' },
  'share-used': { status: 429, title: 'The client has used its share of the storage' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  'database-full': { status: 503, title: 'The database is full' },
  'store-unavailable': { status: 503, title: 'The store is unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemType = keyof typeof PROBLEMS;
