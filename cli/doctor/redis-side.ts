import type { Clock } from '../../lib/clock.ts';
import type { RedisConfig } from '../../lib/config.ts';
import { connect, type RedisClient } from '../../lib/store/connection.ts';
import { type Scratch, scratchFor } from './scratch.ts';

/** What the checks of Redis look at. */
export interface RedisSide {
  readonly url: string;
  readonly token: string;
  readonly client: RedisClient;
  readonly clock: Clock;
  /** Milliseconds from any start on, finer than the clock. */
  readonly stopwatch: () => number;
  /** Keys that are there for this examination only. */
  readonly scratch: Scratch;
}

/** What a side takes its time from; a test gives others than the machine's. */
export interface Timing {
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly stopwatch?: () => number;
}

/** A check may carry a megabyte, over a slow line. */
const TIMEOUT_MS = 10_000;

export function redisSide(config: RedisConfig, timing: Timing): RedisSide {
  const { clock, timeoutMs = TIMEOUT_MS, stopwatch = () => performance.now() } = timing;
  const { redisUrl: url, redisToken: token } = config;
  // Sent once: what a repeat would hide is what is looked for here.
  const client = connect({ url, token, timeoutMs, sendsMax: 1, random: Math.random });
  return { url, token, client, clock, stopwatch, scratch: scratchFor(client) };
}

/** Whether nobody but this machine sees what is sent there. */
export function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || /^127\./.test(hostname) || hostname === '[::1]';
}
