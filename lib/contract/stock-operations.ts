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
    summary: 'Set or change the stock of a SKU',
    description:
      '`available` sets the units and starts tracking the SKU: orders reserve it from then on, and are ' +
      'refused if too few are left. `add` changes it by a number, which may be negative, but never below 0.' +
      ' A repeat with the same Idempotency-Key changes nothing, unless the SKU has ' +
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
    summary: 'Set or change the stock of up to 500 SKUs',
    description: 'The changes apply in order, and each has its own result.',
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
      'In the order of SKUs. With `sort=available`, one page has the scarcest, up to `limit`; this reads ' +
      'the stock of all SKUs, 5,000 per command.',
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
