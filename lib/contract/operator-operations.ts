import { activitySchema } from './activity-schemas.ts';
import { explanationSchema } from './explanation-schemas.ts';
import { BODY_PROBLEMS, type Operation } from './operation.ts';
import {
  activityQuerySchema,
  pauseRequestSchema,
  reasonsQuerySchema,
  redriveSchema,
  statsQuerySchema,
} from './operator-queries.ts';
import {
  drainReportSchema,
  pauseSchema,
  redrivenSchema,
  resumedSchema,
  statsSchema,
} from './operator-schemas.ts';
import { deadLettersQuerySchema } from './queries.ts';
import { reasonsSchema } from './reasons-schemas.ts';
import { orderPageSchema, orderSchema } from './schemas.ts';

/** The routes for operators. */
export const OPERATOR_OPERATIONS = {
  'POST /orders/{id}/redrive': {
    function: 'redrive-order',
    summary: 'Put a dead order back',
    description: 'It is ready at once, and its attempts start at 0 again.',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 202, description: 'The order, waiting again.', schema: orderSchema },
    problems: ['not-found', 'not-dead', 'order-erased'],
  },
  'GET /dead-letters': {
    function: 'dead-letters',
    summary: 'List dead orders, the last to die first',
    tag: 'Operate',
    scope: 'orders:admin',
    query: deadLettersQuerySchema,
    answer: { status: 200, description: 'A page of dead orders.', schema: orderPageSchema },
    problems: ['invalid-query'],
  },
  'GET /dead-letters/reasons': {
    function: 'dead-letter-reasons',
    summary: 'Group the newest dead orders by reason',
    description:
      'Reads up to `limit` dead orders of all clients. Ids, numbers and quoted parts of a reason are ' +
      'masked, so that the same failure is one group.',
    tag: 'Operate',
    scope: 'orders:admin',
    query: reasonsQuerySchema,
    answer: { status: 200, description: 'Groups, the largest first.', schema: reasonsSchema },
    problems: ['invalid-query'],
  },
  'POST /dead-letters/redrive': {
    function: 'redrive-dead-letters',
    summary: 'Put dead orders back: the oldest, or up to 100 by id',
    description:
      'They become ready at `ordersPerSecond`, or else `SLUICE_REDRIVES_PER_SECOND`, so that they neither ' +
      'flood the producer nor delay new orders. With `ids`, each order has its own result.',
    tag: 'Operate',
    scope: 'orders:admin',
    body: { schema: redriveSchema, isOptional: true },
    answer: { status: 202, description: 'How many were put back.', schema: redrivenSchema },
    problems: [...BODY_PROBLEMS, 'invalid-redrive'],
  },
  'GET /stats': {
    function: 'stats',
    summary: 'Count the orders in each state',
    description:
      'With `detail=true`, the answer also has the limits, what is kept of each client, what becomes due in ' +
      'the next day, and what the last upkeep found.',
    tag: 'Operate',
    scope: 'orders:admin',
    query: statsQuerySchema,
    answer: { status: 200, description: 'Counts over all clients.', schema: statsSchema },
    problems: ['invalid-query'],
  },
  'GET /activity': {
    function: 'activity',
    summary: 'Show what the drains did',
    description:
      'The last hour by minutes, or any part of the last 7 days, in up to 1,500 steps of 1 to 1,440 ' +
      'minutes. `cameIn` is computed: what the queues grew by plus what was claimed for the first time.',
    tag: 'Operate',
    scope: 'orders:admin',
    query: activityQuerySchema,
    answer: { status: 200, description: 'Steps, the oldest first.', schema: activitySchema },
    problems: ['invalid-query'],
  },
  'POST /drain': {
    function: 'drain-queue',
    summary: 'Run a drain now, for up to 20 s',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 200, description: 'What the drain did.', schema: drainReportSchema },
    problems: ['drain-running', 'paused'],
  },
  'GET /orders/{id}/explanation': {
    function: 'explain-order',
    summary: 'Say why an order is not produced',
    description:
      'One sentence, the facts behind it, and what can be done. Only `orders:admin` sees what concerns all ' +
      'clients, such as who paused the drains. Times in the sentence are in UTC.',
    tag: 'Orders',
    scope: 'orders:read',
    answer: { status: 200, description: 'The explanation.', schema: explanationSchema },
    problems: ['not-found', 'order-erased'],
  },
  'POST /pause': {
    function: 'pause',
    summary: 'Pause all drains for up to an hour',
    description:
      'Orders are still accepted. No drain starts, and a running one stops within 10 s, after its batch. ' +
      'The pause ends by itself or with `POST /resume`; a second request moves its end.',
    tag: 'Operate',
    scope: 'orders:admin',
    body: { schema: pauseRequestSchema },
    answer: { status: 200, description: 'The pause.', schema: pauseSchema },
    problems: [...BODY_PROBLEMS, 'invalid-pause'],
  },
  'POST /resume': {
    function: 'resume',
    summary: 'End a pause',
    description: 'Repeating the request is safe.',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 200, description: 'Whether there was a pause.', schema: resumedSchema },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
