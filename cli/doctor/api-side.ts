import type { Clock } from '../../lib/clock.ts';
import { type Exchange, exchange, type Timing } from './http.ts';
import type { RedisSide } from './redis-side.ts';

/** What the checks of the API look at. */
export interface ApiSide {
  /** Ends in a slash. */
  readonly url: URL;
  readonly key: string;
  readonly clock: Clock;
  /** The Redis that the environment names, where it could be read. */
  readonly redis: RedisSide | undefined;
  /** Sends once under a key, the side's own where none is given. */
  ask(method: 'GET' | 'POST', path: string, key?: string): Promise<Exchange>;
}

/** As long as a Lambda that starts cold and waits for Redis takes, and some. */
const TIMEOUT_MS = 10_000;

export function apiSide(
  options: Timing & {
    readonly url: URL;
    readonly key: string;
    readonly redis?: RedisSide | undefined;
  },
): ApiSide {
  const { url, key, clock, timeoutMs = TIMEOUT_MS, stopwatch = () => performance.now() } = options;
  return {
    url,
    key,
    clock,
    redis: options.redis,
    ask: (method, path, bearer = key) =>
      exchange({
        url: new URL(path, url).href,
        method,
        bearer,
        ...(method === 'POST' && { body: 0 }),
        timeoutMs,
        now: clock.now,
        stopwatch,
      }),
  };
}
