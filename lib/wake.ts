import { type Wake, wakeOf } from './intake/wake.ts';
import { wakeStore } from './redis/wake-store.ts';
import type { Surroundings } from './runtime.ts';

/** How a submit wakes the drain, as `SLUICE_WAKE_INTERVAL_MS` says; in no bundle without that. */
export function wakeIn({
  config,
  invoke,
  keys,
  log,
  redisForRequests,
}: Surroundings): Wake | undefined {
  const { wakeIntervalMs: intervalMs, drainFunction } = config;
  if (intervalMs === 0) return undefined;
  return wakeOf({
    store: wakeStore(redisForRequests(), keys),
    invoke: () => invoke(drainFunction, { slot: 0, isWoken: true }),
    log,
    intervalMs,
  });
}
