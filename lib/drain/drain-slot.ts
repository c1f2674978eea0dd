import { type DrainRecord, noteDrain, noteIdle, type Trigger } from '../store/activity.ts';
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
  /** Records that could not be written: the next drain of the same process writes them with its own. */
  readonly unwritten: DrainRecord[];
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

/** How often a drain that finds nothing notes that. */
const IDLE_NOTE_MINUTES = 5;
/** Records that are kept until they can be written. */
const UNWRITTEN_MAX = 20;

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

/** Drains, and leaves a record of it if it claimed something, also where it fails. */
async function drainHeld(
  dependencies: Omit<SlotDependencies, 'lock'>,
  limits: Parameters<typeof drainSlot>[1],
  { deadlineMs, drainId, slot, trigger, ready, held }: HeldSlot,
): Promise<DrainTally> {
  const { clock, metrics } = dependencies;
  const startMs = clock.now();
  const notes = new DrainNotes();
  const leaveRecord = async () => {
    if (notes.tally.claimed === 0) return;
    const record = notes.record({ startMs, endMs: clock.now(), slot, trigger }, held.signal);
    await noted(dependencies, trigger, record);
  };
  try {
    const report = await drain(
      dependencies,
      { ...limits, settleMs: SETTLE_MS, produceMsMin: PRODUCE_MS_MIN },
      { deadlineMs, signal: held.signal },
      { drainId, ready, notes },
    );
    metrics.measure('DrainDuration', clock.now() - startMs);
    await leaveRecord();
    return report;
  } catch (error) {
    notes.isFailed = true;
    await leaveRecord();
    throw error;
  }
}

/** Only one slot notes it: if it finds nothing, neither do the others. */
async function noteNothing(
  dependencies: Omit<SlotDependencies, 'lock'>,
  { slot, trigger }: SlotRequest,
): Promise<void> {
  const nowMs = dependencies.clock.now();
  const isTime = Math.floor(nowMs / 60_000) % IDLE_NOTE_MINUTES === 0;
  if (dependencies.unwritten.length > 0) await noted(dependencies, trigger);
  if (slot !== 0 || trigger !== 'schedule' || !isTime) return;
  await surely(dependencies, () => noteIdle(dependencies.store, nowMs));
}

/** Writes a record, and those that could not be written before; if it cannot be written, it is kept. */
async function noted(
  dependencies: Omit<SlotDependencies, 'lock'>,
  trigger: Trigger,
  record?: DrainRecord,
): Promise<void> {
  const { store, unwritten } = dependencies;
  const late = unwritten.splice(0);
  const isWritten = await surely(dependencies, () => noteDrain(store, { record, late, trigger }));
  if (isWritten) return;
  unwritten.push(...[...late, ...(record ? [record] : [])].slice(-UNWRITTEN_MAX));
}

/** Without its record, nothing of a drain is lost. */
async function surely(
  { log }: Pick<DrainDependencies, 'log'>,
  note: () => Promise<void>,
): Promise<boolean> {
  try {
    await note();
    return true;
  } catch (error) {
    log('warn', 'drain-unnoted', { error: error instanceof Error ? error.name : 'unknown' });
    return false;
  }
}
