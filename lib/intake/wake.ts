import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/connection.ts';
import { isFirstWake } from '../store/wake.ts';

/** Wakes a drain. It never fails: what is not produced now is produced by the schedule's drain. */
export type Wake = (nowMs: number) => Promise<void>;

export interface WakeDependencies {
  readonly config: Pick<Config, 'wakeIntervalMs' | 'drainFunction'>;
  readonly store: Store;
  /** Has a Lambda function run, without waiting for it. */
  readonly invoke: (name: string, payload: object) => Promise<void>;
  readonly log: Log;
}

/**
 * Wakes a drain at most once in each interval, whoever asks; `undefined` if nobody is to be woken.
 * No order is left behind: the drain looks once more when the interval is over, so it sees what came
 * after its first look.
 */
export function wakeOf({ config, store, invoke, log }: WakeDependencies): Wake | undefined {
  const { wakeIntervalMs: intervalMs, drainFunction } = config;
  if (intervalMs === 0) return undefined;
  let begunAtMs = Number.NEGATIVE_INFINITY;
  return async (nowMs) => {
    // An instance need not ask Redis in an interval that it has begun itself.
    if (nowMs >= begunAtMs && nowMs - begunAtMs < intervalMs) return;
    try {
      if (!(await isFirstWake(store, intervalMs))) return;
      begunAtMs = nowMs;
      await invoke(drainFunction, { slot: 0, isWoken: true });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown');
      log('warn', 'drain-not-woken', { error: name, reason: message });
    }
  };
}
