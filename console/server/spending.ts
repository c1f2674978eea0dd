import { dollarsFor, PRICES } from '../../cli/cost/prices.ts';
import type { Spent } from '../protocol.ts';

/** What the console has asked for so far, in Redis commands and in dollars. */
export interface Spending {
  add(commands: number): void;
  sum(): Spent;
}

export function spendingSince(sinceMs: number, requests: () => number): Spending {
  const { source, asOf } = PRICES.upstashCommands;
  let commands = 0;
  return {
    add(more) {
      commands += more;
    },
    sum: () => ({
      ...{ sinceMs, requests: requests(), commands },
      dollars: dollarsFor('upstashCommands', commands, false),
      price: { dollarsPerMillion: dollarsFor('upstashCommands', 1_000_000, false), source, asOf },
    }),
  };
}
