import { BATCH_BYTES_MAX, BATCH_ORDERS_MAX, ORDER_BYTES_MAX } from '../orders/batch.ts';
import type { Fault } from '../orders/faults.ts';
import { orderIdOf } from '../orders/identity.ts';
import type { Failure, Order } from '../orders/order.ts';
import { LINES_MAX } from '../orders/rules.ts';
import type { Submission } from '../orders/submission.ts';
import { orderDocument, orderSummaryDocument, receiptOf } from './documents.ts';
import { operatorAnswers, operatorRequests } from './operator-examples.ts';
import { PROBLEMS, type ProblemType } from './problems.ts';

const ACCEPTED_AT_MS = Date.UTC(2026, 10, 22, 13, 37);
const REQUEST_ID = '8f14e45f-ceea-467f-a8c2-4e2b1d9a6c01';

const submission: Submission = {
  customer: '17850',
  currency: 'GBP',
  lines: [
    { sku: '85123A', quantity: 6, unitAmount: 255, description: 'WHITE HANGING T-LIGHT HOLDER' },
    { sku: '71053', quantity: 6, unitAmount: 339 },
  ],
  totalAmount: 3_564,
  reference: '536365',
};
const { totalAmount: _, ...body } = submission;
const id = orderIdOf('shop', '536365');
const waiting: Order = {
  ...submission,
  id,
  client: 'shop',
  idempotencyKey: '536365',
  status: 'queued',
  attempts: 0,
  acceptedAtMs: ACCEPTED_AT_MS,
  updatedAtMs: ACCEPTED_AT_MS,
};
const produced: Order = {
  ...waiting,
  status: 'produced',
  attempts: 1,
  updatedAtMs: ACCEPTED_AT_MS + 23_000,
  producedAtMs: ACCEPTED_AT_MS + 23_000,
  orderNumber: 1_042,
};
const dead: Order = {
  ...waiting,
  status: 'dead',
  attempts: 12,
  updatedAtMs: ACCEPTED_AT_MS + 3_600_000,
  lastError: failure('rejected', 'The warehouse does not know sku 71053.', 3_600_000),
  history: [failure('failed', 'The warehouse did not answer.', 2_700_000)],
};
const stock = { sku: '85123A', available: 380, reserved: 90, sold: 30, perCustomerMax: 2 };
const receipt = receiptOf(id, submission, ACCEPTED_AT_MS);
const own = { withClient: false };
const all = { withClient: true };

function failure(kind: 'failed' | 'rejected', reason: string, afterMs: number): Failure {
  const atMs = ACCEPTED_AT_MS + afterMs;
  return { kind, reason, atMs, token: 91_846, holder: '1.4be1c2d3', claimedAtMs: atMs - 790 };
}

function problem(type: ProblemType, detail: string) {
  return { type: `/problems/${type}`, ...PROBLEMS[type], detail };
}

const ERRORS: Partial<Record<ProblemType, readonly Fault[]>> = {
  'invalid-order': [
    { pointer: '/lines/0/quantity', detail: 'Must be a whole number from 1 to 1,000,000.' },
  ],
  'invalid-batch': [{ pointer: '/orders', detail: 'Must be an array of 1 to 500 orders.' }],
  'invalid-stock': [
    { pointer: '/available', detail: 'Must be a whole number from 0 to 1,000,000,000.' },
  ],
  'out-of-stock': [{ pointer: '/lines/0', detail: 'Only 2 left.', available: 2 }],
  'over-limit': [
    { pointer: '/lines/0', detail: 'This customer may have 1 more of this SKU.', available: 1 },
  ],
  'invalid-cancel': [{ pointer: '/ids', detail: 'Must be an array of 1 to 100 order ids.' }],
  'invalid-pause': [
    {
      pointer: '/forMs',
      detail: 'Must be a whole number of milliseconds from 1,000 to 3,600,000.',
    },
  ],
  'invalid-redrive': [{ pointer: '/limit', detail: 'Must be a whole number from 1 to 1,000.' }],
};

/** Examples for the document, made by the code that answers requests; a test validates each. */
export const EXAMPLES = {
  id,
  request: {
    'POST /orders': body,
    'POST /orders/batch': { orders: [{ idempotencyKey: '536365', ...body }] },
    'POST /orders/{id}/replace': body,
    'PUT /stock/{sku}': { available: 500, perCustomerMax: 2 },
    'PUT /stock': { stocks: [{ sku: '85123A', add: 20 }] },
    ...operatorRequests(id),
  } as Readonly<Record<string, object>>,
  answer: {
    'POST /orders': receipt,
    'POST /orders/batch': {
      results: [
        { index: 0, status: 202, replayed: false, order: receipt },
        {
          index: 1,
          status: 400,
          problem: { ...problem('invalid-order', 'See errors.'), errors: ERRORS['invalid-order'] },
        },
      ],
    },
    'GET /orders': { orders: [orderSummaryDocument(produced, own)], nextCursor: null, examined: 1 },
    'GET /orders/{id}': orderDocument(produced, own),
    'POST /orders/{id}/cancel': orderDocument({ ...waiting, status: 'canceled' }, own),
    'POST /orders/{id}/replace': orderDocument(waiting, own),
    'POST /orders/{id}/redrive': orderDocument({ ...dead, status: 'queued', attempts: 0 }, all),
    'GET /dead-letters': {
      orders: [orderSummaryDocument(dead, all)],
      nextCursor: null,
      examined: 1,
    },
    ...operatorAnswers(id, ACCEPTED_AT_MS),
    'GET /me': {
      client: 'shop',
      scopes: ['orders:write', 'orders:read'],
      stage: 'prod',
      version: '0.1.0',
      limits: {
        ordersPerMinute: 6_000,
        queuedOrders: 1_000_000,
        scheduledOrders: 100_000,
        storedBytes: 134_217_728,
        orderBytes: ORDER_BYTES_MAX,
        orderLines: LINES_MAX,
        batchBytes: BATCH_BYTES_MAX,
        batchOrders: BATCH_ORDERS_MAX,
        retentionDays: 30,
      },
    },
    'PUT /stock/{sku}': stock,
    'PUT /stock': { results: [{ index: 0, status: 200, stock }] },
    'GET /stock/{sku}': stock,
    'GET /stock': { stocks: [stock], nextCursor: null },
  } as Readonly<Record<string, object>>,
  problem: (type: ProblemType) => ({
    ...problem(type, `${PROBLEMS[type].title}.`),
    instance: REQUEST_ID,
    ...(type in ERRORS && { errors: ERRORS[type] }),
  }),
};
