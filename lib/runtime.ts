import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { routeWith } from './http/route.ts';
import { jsonLog } from './log.ts';
import { connect } from './redis/client.ts';
import { keysWith } from './redis/keys.ts';

/** What a limit may add to a request: it lets through what it cannot count by then. */
const RATE_LIMIT_MS_MAX = 250;

/**
 * What every function shares, made once at cold start. A wrong environment ends the start here,
 * with every variable that is wrong in one message.
 */
export const env = process.env;
export const config = readConfig(env);
export const clock = systemClock;
export const random = Math.random;
export const log = jsonLog(clock.now, (line) => process.stdout.write(line));
export const keys = keysWith(config.prefix);

// Asked for by name, so that a bundle that is packaged without a limit has none of its code:
// deploy/bundle.js says to esbuild what the variable is.
const rateLimit = process.env.SLUICE_RATE_LIMIT
  ? (await import('./redis/rate-limit.ts')).rateLimit(
      redisWithin(RATE_LIMIT_MS_MAX, 1),
      keys.rate,
      config.rateLimit,
    )
  : undefined;

export const route = routeWith({ apiKeys: config.apiKeys, log, now: clock.now, rateLimit });

/**
 * Redis for a request that somebody waits for: two sendings of 1.2 s and a pause of at most 0.1 s,
 * so that a 503 is answered within 3 s.
 */
export function redisForRequests() {
  return redisWithin(1_200, 2);
}

/** Redis for batches: a request carries up to a megabyte and may take longer. */
export function redisForBatches() {
  return redisWithin(2_500, 2);
}

function redisWithin(timeoutMs: number, sendsMax: number) {
  const { redisUrl: url, redisToken: token } = config;
  return connect({ url, token, timeoutMs, sendsMax, random });
}
