import measured from '../cli/cost/measured.json' with { type: 'json' };
import { BATCH_ORDERS_MAX } from '../lib/orders/batch.ts';
import type { Stage } from './stage.ts';

/**
 * How many requests API Gateway lets through, so that no route can ask more of Redis than the database
 * takes. What is over a limit is answered with 429 and costs nothing behind it.
 *
 * The budget is one number, SLUICE_COMMANDS_PER_SECOND: Upstash takes 10,000 per second on most plans.
 * Each route gets a share of it, divided by the most that one of its requests can cost.
 */
const SHARES = {
  'POST /orders': 0.4,
  'POST /orders/batch': 0.1,
  'GET /orders': 0.1,
  'GET /orders/{id}': 0.1,
  /** What changes a single order, and what operators ask for. */
  others: 0.1,
  /** What is left for the drains. */
  drains: 0.2,
} as const;

const { submitToEmptyQueue, submitOfOne, getOrder, listOfHundred } = measured.sluice;
const { stats, cancelOfOne, redriveOfOne } = measured.sluice;

/** The most that a request can cost, in billed commands. */
export const COMMANDS_MAX = {
  'POST /orders': submitToEmptyQueue,
  'POST /orders/batch': batchCommands(BATCH_ORDERS_MAX),
  'GET /orders': listOfHundred,
  'GET /orders/{id}': getOrder,
  others: Math.max(stats, cancelOfOne, redriveOfOne, listOfHundred),
} as const;

export interface Limit {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

export interface Throttles {
  readonly others: Limit;
  readonly routes: Readonly<Record<string, Limit>>;
}

export function throttles(stage: Stage): Throttles {
  const budget = stage.get('SLUICE_COMMANDS_PER_SECOND');
  // What an order costs more where it reserves stock.
  const ofStock = stage.get('SLUICE_STOCK') === 'on' ? 2 : 0;
  const rateOf = (route: keyof typeof COMMANDS_MAX) => {
    const most = COMMANDS_MAX[route] + (route === 'POST /orders' ? ofStock : 0);
    return Math.max(1, Math.floor((budget * SHARES[route]) / most));
  };
  const twoSecondsOf = (route: keyof typeof COMMANDS_MAX): Limit => ({
    ThrottlingRateLimit: rateOf(route),
    ThrottlingBurstLimit: Math.min(5_000, 2 * rateOf(route)),
  });
  return {
    others: twoSecondsOf('others'),
    routes: {
      'POST /orders': {
        ThrottlingRateLimit: stage.get('SLUICE_THROTTLE_RATE') || rateOf('POST /orders'),
        // As many instances as start at once: an account has 1,000 by default.
        ThrottlingBurstLimit: stage.get('SLUICE_THROTTLE_BURST'),
      },
      'POST /orders/batch': twoSecondsOf('POST /orders/batch'),
      'GET /orders': twoSecondsOf('GET /orders'),
      'GET /orders/{id}': twoSecondsOf('GET /orders/{id}'),
      // It runs in the drain's reserved concurrency, also for those who are then refused: a thousand of
      // them a second would leave the schedule no place. An operator needs one at a time.
      'POST /drain': { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 },
    },
  };
}

/** A submit of many costs a little once, and perhaps something for each order. */
function batchCommands(orders: number): number {
  const { submitOfTen, submitOfHundred } = measured.sluice;
  const perOrder = (submitOfHundred - submitOfTen) / 90;
  const ofEmptyQueue = submitToEmptyQueue - submitOfOne;
  return Math.ceil(submitOfTen + ofEmptyQueue + (orders - 10) * perOrder);
}
