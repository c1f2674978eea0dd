import type { Config } from './config.ts';
import { type Wake, wakeOf } from './intake/wake.ts';
import type { Log } from './log.ts';
import type { RedisClient } from './redis/client.ts';
import type { Keys } from './redis/keys.ts';
import { wakeStore } from './redis/wake-store.ts';

interface WakeSurroundings {
  readonly config: Pick<Config, 'wakeIntervalMs' | 'drainFunction'>;
  readonly invoke: (name: string, payload: object) => Promise<void>;
  readonly keys: Keys;
  readonly log: Log;
  readonly redisForRequests: () => RedisClient;
}

/** How a submit wakes the drain, as `SLUICE_WAKE_INTERVAL_MS` says; in no bundle without that. */
export function wakeIn({
  config,
  invoke,
  keys,
  log,
  redisForRequests,
}: WakeSurroundings): Wake | undefined {
  const { wakeIntervalMs: intervalMs, drainFunction } = config;
  if (intervalMs === 0) return undefined;
  return wakeOf({
    store: wakeStore(redisForRequests(), keys),
    invoke: () => invoke(drainFunction, { slot: 0, isWoken: true }),
    log,
    intervalMs,
  });
}
