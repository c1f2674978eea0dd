import { Ratelimit } from '@upstash/ratelimit';
import type { RedisClient } from './connection.ts';

const WINDOW_MS = 60_000;

/** What the package's script calls, within a window. */
const COUNT_COMMANDS = 1;

/**
 * Counts orders that a client submits; any other request counts as one.
 *
 * @returns what the client may submit in a minute, and in how many seconds to try again, if these are
 *   too many
 */
export type RateLimit = (
  client: string,
  orders: number,
  nowMs: number,
) => Promise<{ readonly ordersMax: number; readonly retryAfterS: number } | undefined>;

/**
 * A limit of orders per client and minute, counted in Redis over all instances: 2 billed commands
 * a count and 1 more for each window. What goes past it is refused whole, and counts. A client that is
 * over it is told so without asking Redis again until the window ends.
 *
 * A limit that cannot be asked lets requests through: it is there to keep order among clients, and
 * a Redis that is slow or gone is for the route itself to answer.
 *
 * @param client  with a deadline that every request can bear
 * @param prefix  of the counters' keys
 * @param ordersMaxOf  for each client, in a minute
 */
export function rateLimit(
  client: RedisClient,
  prefix: string,
  ordersMaxOf: (client: string) => number,
): RateLimit {
  const limiters = new Map<number, Ratelimit>();
  const limiterOf = (ordersMax: number) => {
    const known = limiters.get(ordersMax);
    if (known !== undefined) return known;
    const limiter = new Ratelimit({
      redis: client.redis,
      limiter: Ratelimit.fixedWindow(ordersMax, `${WINDOW_MS} ms`),
      prefix,
      // The client's own deadline ends what takes too long.
      timeout: 0,
      analytics: false,
    });
    limiters.set(ordersMax, limiter);
    return limiter;
  };
  return async (caller, orders, nowMs) => {
    const ordersMax = ordersMaxOf(caller);
    if (orders > ordersMax) return { ordersMax, retryAfterS: WINDOW_MS / 1000 };
    try {
      const limiter = limiterOf(ordersMax);
      const counted = await client.once(() => limiter.limit(caller, { rate: orders }));
      const { success, reset, remaining } = counted;
      // The first of a window sets its end.
      client.bills(COUNT_COMMANDS + (remaining === ordersMax - orders ? 1 : 0));
      if (success) return undefined;
      return { ordersMax, retryAfterS: Math.max(1, Math.ceil((reset - nowMs) / 1000)) };
    } catch {
      return undefined;
    }
  };
}
