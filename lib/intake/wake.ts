import type { Log } from '../log.ts';
import type { WakeStore } from '../queue/wake-store.ts';

export interface WakeDependencies {
  readonly store: WakeStore;
  /** Has the drain run, without waiting for it. */
  readonly invoke: () => Promise<void>;
  readonly log: Log;
  readonly intervalMs: number;
}

/** Wakes a drain. It never fails: what is not produced now is produced by the schedule's drain. */
export type Wake = (nowMs: number) => Promise<void>;

/**
 * Wakes a drain at most once in each interval, whoever asks. That leaves no order behind: the drain
 * looks once more when the interval is over, so what came after its first look is seen by then.
 */
export function wakeOf({ store, invoke, log, intervalMs }: WakeDependencies): Wake {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async (nowMs) => {
    // What this instance has asked lately it need not ask Redis.
    if (nowMs >= askedAtMs && nowMs - askedAtMs < intervalMs) return;
    askedAtMs = nowMs;
    try {
      if (await store.isFirst(intervalMs)) await invoke();
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown');
      log('warn', 'drain-not-woken', { error: name, reason: message });
    }
  };
}
