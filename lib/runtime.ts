import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { routeWith } from './http/route.ts';
import { jsonLog } from './log.ts';
import { connect } from './redis/client.ts';
import { keysWith } from './redis/keys.ts';

/**
 * What every function shares, made once at cold start. A wrong environment ends the start here,
 * with every variable that is wrong in one message.
 */
export const config = readConfig(process.env);
export const clock = systemClock;
export const random = Math.random;
export const log = jsonLog(clock.now, (line) => process.stdout.write(line));
export const route = routeWith({ apiKeys: config.apiKeys, log });
export const keys = keysWith(config.prefix);

/**
 * Redis for a request that somebody waits for: two sendings of 1.2 s and a pause of at most 0.1 s,
 * so that a 503 is answered within 3 s.
 */
export function redisForRequests() {
  return connect({
    url: config.redisUrl,
    token: config.redisToken,
    timeoutMs: 1_200,
    sendsMax: 2,
    random,
  });
}

/** Redis for batches: a request carries up to a megabyte and may take longer. */
export function redisForBatches() {
  return connect({
    url: config.redisUrl,
    token: config.redisToken,
    timeoutMs: 2_500,
    sendsMax: 2,
    random,
  });
}
