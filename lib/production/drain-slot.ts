import { type DrainDependencies, type DrainLimits, type DrainReport, drain } from './drain.ts';

/** What a drain needs of a lock: to know when it is lost, and to give it back. */
export interface SlotLock {
  readonly signal: AbortSignal;
  release(): Promise<boolean>;
}

export interface SlotDependencies extends DrainDependencies {
  /** Takes the lock of the slot; `undefined` where another drain holds it. */
  readonly lock: () => Promise<SlotLock | undefined>;
}

export type SlotOutcome =
  | { readonly kind: 'drained'; readonly report: DrainReport }
  /** Another drain is at work in this slot: there is nothing to do. */
  | { readonly kind: 'busy' };

/**
 * 1 MiB of order hashes, and one more order of a quarter: a reply over 10 MB is refused after the
 * claim was made, and a byte may take six in JSON (`<` as `\u003c`).
 * @see https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded
 */
const BATCH_BYTES_MAX = 1024 * 1024;
/** Two sendings of 2.5 s: a settle that is under way when the time is up still comes to its end. */
const SETTLE_MS = 6_000;
const PRODUCE_MS_MIN = 2_000;

/**
 * One drain of one slot, under the slot's lock. The lock keeps drains from competing; when it is
 * lost, the batch at hand is still settled, which its fencing token alone decides.
 *
 * @param deadlineMs  when the drain must have ended, Unix milliseconds
 */
export async function drainSlot(
  { lock, ...dependencies }: SlotDependencies,
  limits: Pick<DrainLimits, 'batchSize' | 'leaseMs' | 'attemptsMax' | 'isToTheEnd'>,
  deadlineMs: number,
): Promise<SlotOutcome> {
  const { clock, metrics } = dependencies;
  const held = await lock();
  if (held === undefined) return { kind: 'busy' };
  const startMs = clock.now();
  try {
    const report = await drain(
      dependencies,
      {
        ...limits,
        batchBytesMax: BATCH_BYTES_MAX,
        settleMs: SETTLE_MS,
        produceMsMin: PRODUCE_MS_MIN,
      },
      { deadlineMs, signal: held.signal },
    );
    metrics.measure('DrainDuration', clock.now() - startMs);
    return { kind: 'drained', report };
  } finally {
    await held.release();
  }
}
