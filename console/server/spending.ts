import MEASURED from '../../cli/cost/measured.json' with { type: 'json' };
import { dollarsFor, PRICES } from '../../cli/cost/prices.ts';
import type { Spent } from '../protocol.ts';

/** What the console has asked for so far, in Redis commands and in dollars. */
export interface Spending {
  /**
   * Notes a call that was answered.
   *
   * @param name  as in `BILLS`
   */
  add(name: CallName, body: unknown): void;
  sum(): Spent;
}

const { getOrder, cancelOfOne, drainOfOne, drainOfHundred, drainOfTwoHundred, listOfHundred } =
  MEASURED.sluice;
/** Of a drain over HTTP, by the setting's default. */
const DRAIN_BATCH = 500;
const DRAIN_OF_BATCH = drainOfTwoHundred - drainOfHundred;

interface Body {
  readonly examined?: number;
  readonly orders?: readonly unknown[];
  readonly claimed?: number;
  readonly stocks?: readonly unknown[];
  readonly buckets?: readonly unknown[];
  readonly stepMinutes?: number;
  readonly results?: readonly unknown[];
  readonly detail?: { readonly clients: readonly unknown[] };
}

/**
 * What each call is billed, about: nobody tells the console what Redis was asked, but what each route asks
 * is held by `test/cost`. `clients` counts the one of orders that are tried alone as well.
 */
const BILLS = {
  me: () => 0,
  stats: ({ detail }: Body, clients: number) => 5 + 6 * clients + (detail ? 1 : 0),
  activity: ({ buckets = [], stepMinutes = 1 }: Body) =>
    Math.ceil((buckets.length * stepMinutes) / 60),
  // A filter reads in smaller steps, and further.
  orders: ({ examined = 0, orders = [] }: Body) =>
    Math.ceil((listOfHundred * examined * (orders.length < examined ? 2 : 1)) / 100) + 1,
  'dead-letters': ({ examined = 0 }: Body, clients: number) =>
    2 + 2 * clients + Math.ceil(examined / 100),
  reasons: ({ examined = 0 }: Body, clients: number) => 1 + 2 * clients + Math.ceil(examined / 100),
  // More than this only where over 5,000 SKUs are tracked.
  stock: ({ stocks = [] }: Body) => (stocks.length > 0 ? 2 : 1),
  order: () => getOrder,
  explanation: () => 9,
  drain: ({ claimed = 0 }: Body) => drainOfOne + DRAIN_OF_BATCH * Math.floor(claimed / DRAIN_BATCH),
  pause: () => 21,
  resume: () => 3,
  cancel: ({ results = [] }: Body) => cancelOfOne * results.length,
  redrive: () => 9,
} as const;

export type CallName = keyof typeof BILLS;

export function spendingSince(sinceMs: number, requests: () => number): Spending {
  const { source, asOf } = PRICES.upstashCommands;
  let commands = 0;
  let clients = 1;
  return {
    add(name, body) {
      const { detail } = body as Body;
      if (detail) clients = 1 + detail.clients.length;
      commands += BILLS[name](body as Body, clients);
    },
    sum: () => ({
      ...{ sinceMs, requests: requests(), commands },
      dollars: dollarsFor('upstashCommands', commands, false),
      price: { dollarsPerMillion: dollarsFor('upstashCommands', 1_000_000, false), source, asOf },
    }),
  };
}
