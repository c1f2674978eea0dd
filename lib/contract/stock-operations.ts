import { BODY_PROBLEMS, type Operation } from './operation.ts';
import {
  stockChangeSchema,
  stockChangesSchema,
  stockPageSchema,
  stockQuerySchema,
  stockResultsSchema,
  stockSchema,
} from './stock-schemas.ts';

/** The routes for stock. */
export const STOCK_OPERATIONS = {
  'PUT /stock/{sku}': {
    function: 'set-stock',
    summary: 'Set or add the stock of a SKU',
    description:
      'Setting `available` begins to track a SKU: from then on orders reserve it, and are refused when ' +
      'there is not enough. `add` changes it by a number, which may be negative; it ' +
      'never falls below 0. A repeat with the same Idempotency-Key changes nothing, unless the SKU has ' +
      'been changed eight times since.',
    tag: 'Operate',
    scope: 'orders:admin',
    headers: ['Idempotency-Key'],
    isKeyOptional: true,
    body: { schema: stockChangeSchema },
    answer: { status: 200, description: 'The stock as it is now.', schema: stockSchema },
    problems: [
      ...BODY_PROBLEMS,
      'invalid-stock',
      'invalid-idempotency-key',
      'not-tracked',
      'not-enough-stock',
      'too-many-skus',
      'stock-off',
    ],
  },
  'PUT /stock': {
    function: 'set-stock',
    summary: 'Set or add the stock of up to 500 SKUs',
    description: 'Each change has its own result, as if they were made one after the other.',
    tag: 'Operate',
    scope: 'orders:admin',
    headers: ['Idempotency-Key'],
    isKeyOptional: true,
    body: { schema: stockChangesSchema },
    answer: {
      status: 200,
      description: 'A result for each change, in the order of the request.',
      schema: stockResultsSchema,
    },
    problems: [...BODY_PROBLEMS, 'invalid-stock', 'invalid-idempotency-key', 'stock-off'],
  },
  'GET /stock/{sku}': {
    function: 'get-stock',
    summary: 'Show the stock of a SKU',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 200, description: 'The stock as it is now.', schema: stockSchema },
    problems: ['not-tracked'],
  },
  'GET /stock': {
    function: 'get-stock',
    summary: 'List the stock of all tracked SKUs',
    description:
      'By SKU. With `sort=available` the scarcest come first, as many as `limit`, on one page; that ' +
      'reads the stock of all SKUs, 5,000 at a command.',
    tag: 'Operate',
    scope: 'orders:admin',
    query: stockQuerySchema,
    answer: { status: 200, description: 'A page of stock.', schema: stockPageSchema },
    problems: ['invalid-query'],
  },
  'DELETE /stock/{sku}': {
    function: 'untrack-stock',
    summary: 'Stop tracking a SKU',
    description: 'Orders for it are no longer limited. Repeating the request is safe.',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 204, description: 'Not tracked, now or before.' },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
