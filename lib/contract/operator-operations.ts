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
    description: 'It is ready at once, and its attempts count from 0 again.',
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
      'Reads up to `limit` dead orders of all clients, and groups them by their reasons, in which ids, ' +
      'numbers and quoted parts are masked.',
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
      'They become ready at a limited rate, so that they neither flood the producer nor delay new ' +
      'orders: `ordersPerSecond`, or `SLUICE_REDRIVES_PER_SECOND`. With `ids`, each order has its own ' +
      'result.',
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
      'With `detail=true` also the limits, what is kept of each client, what becomes due in the next day, ' +
      'and what the last upkeep found.',
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
      'By default the last hour, minute by minute; up to 7 days back, in steps of 1 to 1,440 minutes and ' +
      'at most 1,500 steps. `cameIn` is computed: what the queues grew by plus what was claimed for the first time.',
    tag: 'Operate',
    scope: 'orders:admin',
    query: activityQuerySchema,
    answer: { status: 200, description: 'Steps, the oldest first.', schema: activitySchema },
    problems: ['invalid-query'],
  },
  'POST /drain': {
    function: 'drain-queue',
    summary: 'Run a drain now, for 20 s at most',
    tag: 'Operate',
    scope: 'orders:admin',
    answer: { status: 200, description: 'What the drain did.', schema: drainReportSchema },
    problems: ['drain-running', 'paused'],
  },
  'GET /orders/{id}/explanation': {
    function: 'explain-order',
    summary: 'Say why an order is not produced',
    description:
      'One sentence, the facts behind it, and what may be done about it. What concerns all clients, such ' +
      'as who has paused the drains, is shown to `orders:admin` only. Times in the sentence are UTC.',
    tag: 'Orders',
    scope: 'orders:read',
    answer: { status: 200, description: 'The explanation.', schema: explanationSchema },
    problems: ['not-found', 'order-erased'],
  },
  'POST /pause': {
    function: 'pause',
    summary: 'Pause all drains, for an hour at most',
    description:
      'No drain claims until the pause ends, by itself or with `POST /resume`; one that is at work stops ' +
      'within 10 s, after its batch. Orders are still accepted. Asked for again, the pause ends at the ' +
      'new time.',
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
