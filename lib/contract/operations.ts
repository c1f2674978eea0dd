import { BODY_PROBLEMS, type Operation } from './operation.ts';
import { OPERATOR_OPERATIONS } from './operator-operations.ts';
import { cancelManySchema } from './operator-queries.ts';
import { canceledSchema } from './operator-schemas.ts';
import { ordersQuerySchema } from './queries.ts';
import {
  batchResultsSchema,
  batchSchema,
  changedOrderSchema,
  meSchema,
  orderPageSchema,
  orderSchema,
  receiptSchema,
  submissionSchema,
} from './schemas.ts';
import { STOCK_OPERATIONS } from './stock-operations.ts';

/** Every route, by its method and path. */
export const OPERATIONS = {
  'POST /orders': {
    function: 'submit-order',
    summary: 'Submit an order',
    description:
      'An order that was answered with 202 is stored and will be produced. Repeating the request ' +
      'with the same key and the same order returns the very same bytes and creates no second ' +
      'order, so a request whose outcome is unknown is safe to send again.',
    tag: 'Orders',
    scope: 'orders:write',
    headers: ['Idempotency-Key'],
    body: { schema: submissionSchema },
    answer: {
      status: 202,
      description: 'Accepted, now or by an earlier request.',
      schema: receiptSchema,
      headers: ['Location', 'Idempotent-Replayed'],
    },
    problems: [
      ...BODY_PROBLEMS,
      'invalid-order',
      'invalid-idempotency-key',
      'idempotency-key-reused',
      'order-replaced',
      'order-erased',
      'queue-full',
      'schedule-full',
      'out-of-stock',
      'over-limit',
      'share-used',
      'database-full',
    ],
  },
  'POST /orders/batch': {
    function: 'submit-batch',
    summary: 'Submit up to 500 orders',
    description:
      'Each order has its own idempotency key and its own result: some may be accepted while others ' +
      'are refused. If two have the same key, the first counts. Keys are shared with single submits.',
    tag: 'Orders',
    scope: 'orders:write',
    body: { schema: batchSchema },
    answer: {
      status: 200,
      description: 'A result for each order, in the order of the request.',
      schema: batchResultsSchema,
    },
    problems: [...BODY_PROBLEMS, 'invalid-batch', 'queue-full', 'share-used', 'database-full'],
  },
  'GET /orders': {
    function: 'list-orders',
    summary: 'List orders',
    description:
      'Waiting orders come first, then ended ones, newest first in both. A client sees its own orders, ' +
      '`orders:admin` those of all clients. A request reads a bounded number of orders, so a page can be ' +
      'short or empty and still have a cursor.',
    tag: 'Orders',
    scope: 'orders:read',
    query: ordersQuerySchema,
    answer: {
      status: 200,
      description: 'A page of orders, without their lines.',
      schema: orderPageSchema,
    },
    problems: ['invalid-query'],
  },
  'GET /orders/{id}': {
    function: 'get-order',
    summary: 'Show an order',
    tag: 'Orders',
    scope: 'orders:read',
    headers: ['If-None-Match'],
    answer: {
      status: 200,
      description: 'The order as it is now.',
      schema: orderSchema,
      headers: ['ETag'],
    },
    problems: ['not-found', 'order-erased'],
  },
  'POST /orders/{id}/cancel': {
    function: 'cancel-order',
    summary: 'Cancel an order before it is produced',
    description:
      'Repeating the request is safe. `orders:admin` can cancel a dead order too. A key without ' +
      '`orders:read` gets only the receipt.',
    tag: 'Orders',
    scope: 'orders:write',
    answer: { status: 200, description: 'The order, canceled.', schema: changedOrderSchema },
    problems: ['not-found', 'not-cancelable', 'order-erased'],
  },
  'POST /orders/cancel': {
    function: 'cancel-orders',
    summary: 'Cancel up to 100 orders before they are produced',
    description:
      'Each order has its own result: some may be canceled while it is too late for others. Repeating ' +
      'the request is safe.',
    tag: 'Orders',
    scope: 'orders:write',
    body: { schema: cancelManySchema },
    answer: {
      status: 200,
      description: 'A result for each order, in the order of the request.',
      schema: canceledSchema,
    },
    problems: [...BODY_PROBLEMS, 'invalid-cancel'],
  },
  'DELETE /orders/{id}': {
    function: 'erase-order',
    summary: 'Erase the content of an order',
    description:
      'A waiting or dead order is canceled. The key stays used: a repeat is a 410 and makes no second ' +
      'order. The next drain erases the order downstream, if the producer can. Repeating the request is ' +
      'safe.',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 204, description: 'Erased, now or before.' },
    problems: ['not-found', 'not-erasable'],
  },
  'POST /orders/{id}/replace': {
    function: 'replace-order',
    summary: 'Replace the content of an order before it is produced',
    description:
      'Corrects an order: it keeps its id, its key and its place, and the old content stays in it. A ' +
      'canceled order waits again. Repeating the request is safe; a repeat of the old submit is refused ' +
      'with `order-replaced`.',
    tag: 'Orders',
    scope: 'orders:write',
    body: { schema: submissionSchema },
    answer: {
      status: 200,
      description: 'The order, with its new content.',
      schema: changedOrderSchema,
    },
    problems: [
      ...BODY_PROBLEMS,
      'invalid-order',
      'not-found',
      'not-replaceable',
      'order-erased',
      'out-of-stock',
      'over-limit',
      'share-used',
      'database-full',
    ],
  },
  ...OPERATOR_OPERATIONS,
  ...STOCK_OPERATIONS,
  'GET /me': {
    function: 'me',
    summary: 'Show who you are and what you may do',
    tag: 'Orders',
    scope: 'any',
    answer: {
      status: 200,
      description: 'The client and scopes of your key, and the limits that apply to you.',
      schema: meSchema,
    },
    problems: [],
  },
  'GET /openapi.json': {
    function: 'openapi',
    summary: 'Show this document',
    tag: 'Operate',
    scope: 'any',
    answer: { status: 200, description: 'This document.' },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
