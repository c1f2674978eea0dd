import { dollarsFor, PRICES } from '../../cli/cost/prices.ts';
import type { Spent } from '../protocol.ts';

/** What the console has asked for so far, in Redis commands and in dollars. */
export interface Spending {
  /** Notes an answer of the API, which says how many commands it was billed. */
  add(headers: { get(name: string): string | null }): void;
  sum(): Spent;
}

/** @param sinceMs  when the console began, Unix milliseconds */
export function spendingSince(sinceMs: number): Spending {
  const { source, asOf } = PRICES.upstashCommands;
  let requests = 0;
  let commands = 0;
  return {
    add(headers) {
      requests += 1;
      commands += Number(headers.get('x-redis-commands') ?? 0) || 0;
    },
    sum: () => ({
      ...{ sinceMs, requests, commands },
      dollars: dollarsFor('upstashCommands', commands, false),
      price: { dollarsPerMillion: dollarsFor('upstashCommands', 1_000_000, false), source, asOf },
    }),
  };
}
