import { readyClients } from '../store/claim.ts';
import { type DrainDependencies, type DrainLimits, type DrainReport, drain } from './drain.ts';

/** What a drain needs of a lock: to know when it is lost, and to release it. */
export interface SlotLock {
  readonly signal: AbortSignal;
  release(): Promise<boolean>;
}

export interface SlotDependencies extends DrainDependencies {
  /** Takes the lock of the slot; `undefined` if another drain holds it. */
  readonly lock: () => Promise<SlotLock | undefined>;
}

export interface SlotRequest {
  /** Unix milliseconds at which the drain must have ended. */
  readonly deadlineMs: number;
  /** Text that no other drain has, such as a UUID. */
  readonly holder: string;
  /** Whether to look before taking the lock: an idle drain then costs one command. */
  readonly looksFirst: boolean;
}

export type SlotOutcome =
  | { readonly kind: 'drained'; readonly report: DrainReport }
  /** Another drain is at work in this slot: there is nothing to do. */
  | { readonly kind: 'busy' };

const IDLE: DrainReport = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };

/** Two attempts of 2.5 s: a settle that is under way when the time is up still comes to its end. */
const SETTLE_MS = 6_000;
const PRODUCE_MS_MIN = 2_000;

/**
 * One drain of one slot, under the slot's lock. The lock keeps drains from competing; when it is
 * lost, the batch at hand is still settled, which its fencing token alone decides.
 */
export async function drainSlot(
  { lock, ...dependencies }: SlotDependencies,
  limits: Pick<DrainLimits, 'batchSize' | 'lanes' | 'leaseMs' | 'attemptsMax' | 'isAnnounced'>,
  { deadlineMs, holder, looksFirst }: SlotRequest,
): Promise<SlotOutcome> {
  const { clock, metrics, store } = dependencies;
  const look = () => readyClients(store, clock.now());
  const seen = looksFirst ? await look() : undefined;
  if (seen?.length === 0) {
    metrics.measure('QueueDepth', 0);
    metrics.measure('OldestOrderAge', 0);
    return { kind: 'drained', report: IDLE };
  }
  const held = await lock();
  if (held === undefined) return { kind: 'busy' };
  const startMs = clock.now();
  try {
    const report = await drain(
      dependencies,
      { ...limits, settleMs: SETTLE_MS, produceMsMin: PRODUCE_MS_MIN },
      { deadlineMs, signal: held.signal },
      { holder, ready: seen ?? (await look()) },
    );
    metrics.measure('DrainDuration', clock.now() - startMs);
    return { kind: 'drained', report };
  } finally {
    await held.release();
  }
}
