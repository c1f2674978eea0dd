import { noteDrain, noteIdle, type Trigger } from '../store/activity.ts';
import { readyClients } from '../store/claim.ts';
import { type DrainDependencies, type DrainLimits, type DrainTally, drain } from './drain.ts';
import { DrainNotes } from './notes.ts';

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
  readonly drainId: string;
  readonly slot: number;
  /** Only a drain that an operator asks for takes the lock before it looks: an idle one costs one command. */
  readonly trigger: Trigger;
}

export type SlotOutcome =
  | { readonly kind: 'drained'; readonly report: DrainTally }
  /** Another drain is at work in this slot: there is nothing to do. */
  | { readonly kind: 'busy' };

const IDLE: DrainTally = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };

/** Two attempts of 2.5 s: a settle that is under way when the time is up still comes to its end. */
const SETTLE_MS = 6_000;
const PRODUCE_MS_MIN = 2_000;

/** How often a drain that finds nothing says so. */
const IDLE_NOTE_MINUTES = 5;

/**
 * One drain of one slot, under the slot's lock. The lock keeps drains from competing; when it is
 * lost, the batch at hand is still settled, which its fencing token alone decides.
 */
export async function drainSlot(
  { lock, ...dependencies }: SlotDependencies,
  limits: Pick<DrainLimits, 'batchSize' | 'lanes' | 'leaseMs' | 'attemptsMax' | 'isAnnounced'>,
  request: SlotRequest,
): Promise<SlotOutcome> {
  const { clock, metrics, store } = dependencies;
  const look = () => readyClients(store, clock.now());
  const seen = request.trigger === 'asked' ? undefined : await look();
  if (seen?.length === 0) {
    metrics.measure('QueueDepth', 0);
    metrics.measure('OldestOrderAge', 0);
    await noteNothing(dependencies, request);
    return { kind: 'drained', report: IDLE };
  }
  const held = await lock();
  if (held === undefined) return { kind: 'busy' };
  try {
    const ready = seen ?? (await look());
    const report = await drainHeld(dependencies, limits, { ...request, ready, held });
    return { kind: 'drained', report };
  } finally {
    await held.release();
  }
}

interface HeldSlot extends SlotRequest {
  readonly ready: readonly string[];
  readonly held: SlotLock;
}

/** Drains, and leaves a record of it if it claimed something. */
async function drainHeld(
  dependencies: DrainDependencies,
  limits: Parameters<typeof drainSlot>[1],
  { deadlineMs, drainId, slot, trigger, ready, held }: HeldSlot,
): Promise<DrainTally> {
  const { clock, metrics, store } = dependencies;
  const startMs = clock.now();
  const notes = new DrainNotes();
  const report = await drain(
    dependencies,
    { ...limits, settleMs: SETTLE_MS, produceMsMin: PRODUCE_MS_MIN },
    { deadlineMs, signal: held.signal },
    { drainId, ready, notes },
  );
  metrics.measure('DrainDuration', clock.now() - startMs);
  if (report.claimed === 0) return report;
  const record = notes.record(report, { startMs, endMs: clock.now(), slot, trigger }, held.signal);
  await noted(dependencies, noteDrain(store, record, trigger));
  return report;
}

/** One slot says it for all: where it finds nothing, the others find nothing either. */
async function noteNothing(
  dependencies: DrainDependencies,
  { slot, trigger }: SlotRequest,
): Promise<void> {
  const nowMs = dependencies.clock.now();
  const isTime = Math.floor(nowMs / 60_000) % IDLE_NOTE_MINUTES === 0;
  if (slot !== 0 || trigger !== 'schedule' || !isTime) return;
  await noted(dependencies, noteIdle(dependencies.store, nowMs));
}

/** A record is worth less than what it tells of: without it, nothing is lost. */
async function noted(
  { log }: Pick<DrainDependencies, 'log'>,
  noting: Promise<void>,
): Promise<void> {
  try {
    await noting;
  } catch (error) {
    log('warn', 'drain-unnoted', { error: error instanceof Error ? error.name : 'unknown' });
  }
}
