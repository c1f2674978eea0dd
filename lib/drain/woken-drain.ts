import type { Clock } from '../clock.ts';
import { readyClients } from '../store/claim.ts';
import type { Store } from '../store/connection.ts';
import type { SlotOutcome } from './drain-slot.ts';

/** What a rule of the schedule sends, and a submit that wakes the drain. */
export interface DrainEvent {
  /** The slot to drain, 0 by default. */
  readonly slot?: number;
  readonly isWoken?: boolean;
}

export interface WokenDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly drain: () => Promise<SlotOutcome>;
  /** Minimum time between wake-ups. */
  readonly intervalMs: number;
}

/**
 * A drain that a submit has woken: it drains, and looks once more when the interval is over in which
 * no other drain is woken, for orders that came too late for its first look. A drain that finds
 * another one at work has made sure of the same by then.
 *
 * @returns what its last drain came to
 */
export async function wokenDrain(dependencies: WokenDependencies): Promise<SlotOutcome> {
  const { store, clock, drain, intervalMs } = dependencies;
  const lookAtMs = clock.now() + intervalMs;
  const outcome = await drain();
  const waitMs = lookAtMs - clock.now();
  if (waitMs > 0) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
  return (await readyClients(store, clock.now())).length > 0 ? drain() : outcome;
}
