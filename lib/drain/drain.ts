import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { batchIdIn, holderOf } from '../orders/holder.ts';
import type { Producer } from '../producers/producer.ts';
import { type Claim, isAloneName, readyClients, readyOrders } from '../store/claim.ts';
import type { Store } from '../store/connection.ts';
import { type Settlements, settleAndClaim } from '../store/settle.ts';
import { workBatch } from './batch.ts';
import { aloneToServe, clientsToServe } from './clients-to-serve.ts';
import { measureSettled, outcomeOf } from './measurements.ts';
import { DrainNotes } from './notes.ts';
import { turns } from './turns.ts';

export interface DrainDependencies {
  readonly store: Store;
  readonly producer: Producer;
  /** The same producer where its end is not the drain's: it gets what may end it. */
  readonly isolated?: Producer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface DrainLimits {
  /** The most orders of one claim. */
  readonly batchSize: number;
  /** Batches under way at once, 1 or 2. Only with one are orders produced strictly in order. */
  readonly lanes: number;
  readonly leaseMs: number;
  readonly attemptsMax: number;
  /** Whether orders that ended leave an event for the announcer. */
  readonly isAnnounced: boolean;
  /** Time kept free at the end to settle the last batch. */
  readonly settleMs: number;
  /** No batch is claimed with less time than this left to produce it. */
  readonly produceMsMin: number;
}

export interface DrainEnd {
  /** Unix milliseconds at which the drain must have ended. */
  readonly deadlineMs: number;
  /** Fires when no further batch may be claimed. */
  readonly signal: AbortSignal;
}

export interface DrainStart {
  /** Text that no other drain has, such as a UUID. */
  readonly drainId: string;
  /** Clients of whom orders are ready. */
  readonly ready: readonly string[];
  readonly notes?: DrainNotes;
}

export interface DrainTally {
  readonly claimed: number;
  readonly produced: number;
  readonly retried: number;
  readonly dead: number;
  /** Orders that were ready and were left, for lack of time or because the producer is down. */
  readonly remaining: number;
}

/** A drain under way, as its lanes share it. */
export interface Run extends DrainDependencies {
  readonly limits: DrainLimits;
  readonly notes: DrainNotes;
  /** Text that no other drain has. */
  readonly drainId: string;
  /** When the producer must have answered, Unix milliseconds. */
  readonly answerByMs: number;
  /** Lets one lane produce at a time: a producer is never called twice at once. */
  readonly turn: ReturnType<typeof turns>;
  /** Clients of whom orders are ready, those served longest ago first. */
  ready: readonly string[];
  /** Whether drains may have died of orders: `isolated` produces then. */
  isWary: boolean;
  /** Whether nothing more is claimed: the producer is down, or the store failed. */
  isStopped: boolean;
  /** Whether there is time to produce another batch. */
  hasTime(): boolean;
}

/** The last part of a drain's time, kept for orders that are tried alone if there are any. */
const ALONE_SHARE = 0.25;

/**
 * Claims, produces and settles batch after batch until no order is ready or the time is nearly up.
 * Two lanes take turns: while one produces, the other settles, claims and reads. Orders whose last
 * claim was never settled come last and one by one, as one of them may have killed its drain.
 *
 * @throws StoreUnavailable, StoreFault; claimed orders then come back when their lease ends
 */
export async function drain(
  dependencies: DrainDependencies,
  limits: DrainLimits,
  end: DrainEnd,
  { drainId, ready, notes = new DrainNotes() }: DrainStart,
): Promise<DrainTally> {
  const { clock } = dependencies;
  const startMs = clock.now();
  const answerByMs = end.deadlineMs - limits.settleMs;
  const run: Run = {
    ...dependencies,
    ...{ limits, drainId, answerByMs, ready, notes },
    turn: turns(),
    isStopped: false,
    isWary: ready.some(isAloneName),
    hasTime: () => !end.signal.aborted && answerByMs - clock.now() >= limits.produceMsMin,
  };
  const aloneFromMs = answerByMs - ALONE_SHARE * (answerByMs - startMs);
  const others = (served: readonly string[]) => clientsToServe(run.ready, served);
  const alone = () => aloneToServe(run.ready);
  const mayClaim = () => run.hasTime() && (alone().length === 0 || clock.now() < aloneFromMs);
  const lanes = Array.from({ length: limits.lanes }, () =>
    lane(run, { clients: others, ordersMax: limits.batchSize, mayClaim }),
  );
  throwFirst(await Promise.allSettled(lanes));
  if (alone().length > 0) {
    await lane(run, { clients: alone, ordersMax: 1, mayClaim: run.hasTime });
  }
  const isLeft = run.isStopped || !run.hasTime();
  run.notes.isLeft = isLeft;
  const left = isLeft ? await countReady(run) : { queued: 0, due: 0 };
  run.notes.left = left;
  if (!isLeft) run.metrics.measure('QueueDepth', 0);
  return { ...notes.tally, remaining: left === undefined ? 0 : left.queued + left.due };
}

interface Lane {
  /** @param served  the clients of this lane's last batch */
  readonly clients: (served: readonly string[]) => readonly string[];
  readonly ordersMax: number;
  readonly mayClaim: () => boolean;
}

async function lane(run: Run, options: Lane): Promise<void> {
  try {
    let settlements: Settlements | undefined;
    let served: readonly string[] = [];
    do {
      const mayClaim = !run.isStopped && options.mayClaim();
      const clients = mayClaim ? options.clients(served) : [];
      const claim = await step(run, settlements, clients, options);
      settlements = undefined;
      if (claim === undefined || claim.leases.length === 0) return;
      run.notes.took(claim);
      served = [...new Set(claim.leases.map(({ from }) => from))];
      settlements = await workBatch(run, claim);
    } while (settlements !== undefined);
  } catch (error) {
    run.isStopped = true;
    throw error;
  }
}

/** Settles the last batch and claims the next one, in one request. */
async function step(
  run: Run,
  settlements: Settlements | undefined,
  clients: readonly string[],
  { ordersMax }: Lane,
): Promise<Claim | undefined> {
  if (settlements === undefined && clients.length === 0) return undefined;
  const { store, clock, limits } = run;
  const nowMs = clock.now();
  const holder = holderOf(run.drainId, nowMs);
  const request =
    clients.length === 0
      ? undefined
      : { clients, ordersMax, holder, leaseMs: limits.leaseMs, nowMs };
  const { stands, claim } = await settleAndClaim(store, settlements, request);
  if (settlements !== undefined) noteSettled(run, settlements, stands);
  if (claim !== undefined) run.ready = claim.ready;
  // What it leased comes back when its lease ends; asking again would lease even more.
  else if (request !== undefined) run.isStopped = true;
  return claim;
}

function noteSettled(run: Run, settled: Settlements, stands: readonly boolean[]): void {
  const { log, metrics } = run;
  const { tally } = run.notes;
  const { token, settlements, nowMs } = settled;
  const standing = settlements.filter((_, at) => stands[at]);
  const idsOf = (kind: string) =>
    standing.filter((one) => outcomeOf(one) === kind).map(({ lease }) => lease.id);
  const [produced, retried, dead] = [idsOf('produced'), idsOf('retried'), idsOf('dead')];
  tally.produced += produced.length;
  tally.retried += retried.length;
  tally.dead += dead.length;
  const batch = { token, batchId: batchIdIn(settlements[0]?.lease.owner ?? '') };
  log('info', 'batch-settled', {
    ...batch,
    produced: produced.length,
    untried: idsOf('untried').length,
    ...(retried.length > 0 && { retried }),
    ...(dead.length > 0 && { dead }),
  });
  // What has no state of its own leaves nothing that a repeat could know it by.
  const refused = settlements.filter(({ state }, at) => !stands[at] && state !== undefined);
  // Another drain has claimed them since; what it settles stands.
  if (refused.length > 0) {
    log('warn', 'settle-refused', { ...batch, orders: refused.map(({ lease }) => lease.id) });
  }
  measureSettled(metrics, standing, nowMs);
  run.notes.settled(standing, nowMs);
  // What is settled is reported at once: a drain that is killed later has reported it.
  metrics.flush();
}

/** A report is worth more than its last figure: that may be missing. */
async function countReady({ store, clock, log, metrics }: Run) {
  try {
    const left = await readyOrders(store, await readyClients(store, clock.now()), clock.now());
    metrics.measure('QueueDepth', left.queued + left.due);
    return left;
  } catch (error) {
    log('warn', 'ready-unknown', { error: error instanceof Error ? error.name : 'unknown' });
    return undefined;
  }
}

function throwFirst(outcomes: readonly PromiseSettledResult<void>[]): void {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
