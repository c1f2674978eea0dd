import { Ratelimit } from '@upstash/ratelimit';
import type { RedisClient } from './connection.ts';

const WINDOW_MS = 60_000;

/** What the package's script calls, within a window. */
const COUNT_COMMANDS = 1;

/**
 * Counts a request of a client.
 *
 * @returns in how many seconds to try again, if the client is too fast
 */
export type RateLimit = (client: string, nowMs: number) => Promise<number | undefined>;

/**
 * A limit of requests per client and minute, counted in Redis over all instances: 2 billed commands
 * a request and 1 more for each window. A client that is over it is told so without asking Redis
 * again until the window ends.
 *
 * A limit that cannot be asked lets requests through: it is there to keep order among clients, and
 * a Redis that is slow or gone is for the route itself to answer.
 *
 * @param client  with a deadline that every request can bear
 * @param prefix  of the counters' keys
 * @param requestsMax  for each client and minute
 */
export function rateLimit(client: RedisClient, prefix: string, requestsMax: number): RateLimit {
  const limiter = new Ratelimit({
    redis: client.redis,
    limiter: Ratelimit.fixedWindow(requestsMax, `${WINDOW_MS} ms`),
    prefix,
    // The client's own deadline ends what takes too long.
    timeout: 0,
    analytics: false,
  });
  return async (caller, nowMs) => {
    try {
      client.bills(COUNT_COMMANDS);
      const { success, reset } = await client.once(() => limiter.limit(caller));
      return success ? undefined : Math.max(1, Math.ceil((reset - nowMs) / 1000));
    } catch {
      return undefined;
    }
  };
}
