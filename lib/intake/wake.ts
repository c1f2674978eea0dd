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
  let begunAtMs = Number.NEGATIVE_INFINITY;
  return async (nowMs) => {
    // It need not ask Redis in an interval that it has begun itself. When one ends that another has
    // begun it cannot know: the drain of that one looks no more after it.
    if (nowMs >= begunAtMs && nowMs - begunAtMs < intervalMs) return;
    try {
      if (!(await store.isFirst(intervalMs))) return;
      begunAtMs = nowMs;
      await invoke();
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown');
      log('warn', 'drain-not-woken', { error: name, reason: message });
    }
  };
}
