import type { Clock } from '../clock.ts';
import type { ProductionStore } from '../queue/store.ts';
import type { SlotOutcome } from './drain-slot.ts';

/** What a rule of the schedule sends, and a submit that wakes the drain. */
export interface DrainEvent {
  /** The slot that is drained, 0 where it is left out. */
  readonly slot?: number;
  readonly isWoken?: boolean;
}

export interface WokenDependencies {
  readonly store: Pick<ProductionStore, 'ready'>;
  readonly clock: Clock;
  readonly drain: () => Promise<SlotOutcome>;
  /** How long nobody else is woken after whom this drain was woken. */
  readonly intervalMs: number;
}

/**
 * What a drain does that a submit has woken: it drains, and when the interval is over in which no
 * other drain is woken it looks once more, for orders that came too late for its first look. A drain
 * that finds another one at work is sure of the same by then.
 *
 * @returns what its last drain came to
 */
export async function wokenDrain(dependencies: WokenDependencies): Promise<SlotOutcome> {
  const { store, clock, drain, intervalMs } = dependencies;
  const lookAtMs = clock.now() + intervalMs;
  const outcome = await drain();
  const waitMs = lookAtMs - clock.now();
  if (waitMs > 0) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
  return (await store.ready(clock.now())) > 0 ? drain() : outcome;
}
