import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Claim, ClaimedOrder, ProductionStore, Settlement } from '../queue/store.ts';
import { measureClaim, measureSettled, type Settled } from './measurements.ts';
import { type BatchDependencies, produceBatch } from './produce-batch.ts';
import { settlementOf } from './settlements.ts';

export interface DrainDependencies extends BatchDependencies {
  readonly store: ProductionStore;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface DrainLimits {
  /** Orders of one claim, at most. */
  readonly batchSize: number;
  /** Bytes of one claim's orders, beyond which it takes no further one. */
  readonly batchBytesMax: number;
  readonly leaseMs: number;
  readonly attemptsMax: number;
  /** What is kept free at the end to settle the last batch. */
  readonly settleMs: number;
  /**
   * Whether to claim again after the last order that was ready: an order that came meanwhile has
   * found a drain at work, and nobody else is woken for it.
   */
  readonly isToTheEnd?: boolean;
  /** No batch is claimed with less time than this left for producing it. */
  readonly produceMsMin: number;
}

export interface DrainEnd {
  /** When the drain must have ended, Unix milliseconds. */
  readonly deadlineMs: number;
  /** Fires when no further batch may be claimed. */
  readonly signal: AbortSignal;
}

export interface DrainReport {
  readonly claimed: number;
  readonly produced: number;
  readonly retried: number;
  readonly dead: number;
  /** Orders that were ready and were left, for lack of time. */
  readonly remaining: number;
}

type Tally = { -readonly [count in keyof DrainReport]: number };

/**
 * Claims, produces and settles batch after batch until no order is ready or the time is nearly
 * up. Several drains may run side by side: each order is leased to one of them.
 *
 * @throws StoreUnavailable, StoreFault; claimed orders then come back when their lease ends
 */
export async function drain(
  dependencies: DrainDependencies,
  limits: DrainLimits,
  end: DrainEnd,
): Promise<DrainReport> {
  const { store, clock } = dependencies;
  const tally: Tally = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };
  const answerByMs = end.deadlineMs - limits.settleMs;
  const hasTime = () => !end.signal.aborted && answerByMs - clock.now() >= limits.produceMsMin;
  while (hasTime()) {
    const claimedAtMs = clock.now();
    const { batchSize: ordersMax, batchBytesMax: bytesMax, leaseMs, attemptsMax } = limits;
    const request = { ordersMax, bytesMax, leaseMs, nowMs: claimedAtMs, attemptsMax };
    const claim = await store.claim(request);
    tallyClaim(dependencies, tally, claim);
    measureClaim(dependencies.metrics, claim, claimedAtMs);
    // The claim may have taken its time: an order that was not tried is charged no attempt.
    if (!hasTime()) {
      await settle(dependencies, tally, claim, claim.orders.map(untried));
      break;
    }
    const time = { leaseMs, claimedAtMs, answerByMs };
    const isProducerWell = await produceAndSettle(dependencies, limits, tally, claim, time);
    if (!isProducerWell) break;
    if (!claim.more && (claim.orders.length === 0 || !limits.isToTheEnd)) {
      dependencies.metrics.measure('QueueDepth', 0);
      return tally;
    }
  }
  return { ...tally, remaining: await ready(dependencies) };
}

/**
 * @returns whether the producer is well. Where it is not, the drain ends: the rest of the queue is
 *   spared the same failure, and is tried by the next drain.
 */
async function produceAndSettle(
  dependencies: DrainDependencies,
  { attemptsMax }: DrainLimits,
  tally: Tally,
  claim: Claim,
  time: Parameters<typeof produceBatch>[2],
): Promise<boolean> {
  if (claim.orders.length === 0) return true;
  const { clock, random, log } = dependencies;
  const batch = batchOf(claim);
  const outcome = await produceBatch(dependencies, claim, time);
  const { answers, missing, isProducerWell, error } = outcome;
  const givenBack = claim.orders.filter(({ id }) => answers.get(id)?.kind === 'untried').length;
  if (givenBack > 0) log('warn', 'orders-given-back', { ...batch, orders: givenBack });
  if (error !== undefined || (!isProducerWell && givenBack === 0)) {
    log('error', 'producer-failed', { ...batch, reason: missing, ...placeOf(error) });
  }
  const nowMs = clock.now();
  const settlements = claim.orders.map((order) => {
    const answer = answers.get(order.id) ?? { kind: 'retry', reason: missing };
    return settlementOf(order, answer, { nowMs, random: random(), attemptsMax });
  });
  await settle(dependencies, tally, claim, settlements);
  return isProducerWell;
}

/** What the log may know of an error: where it happened. Its message may hold order data. */
function placeOf(error: unknown) {
  if (!(error instanceof Error)) return {};
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
  return { error: error.name, stack: frames.slice(0, 8).join('\n') };
}

/** A report is worth more than its last figure: where that cannot be had, it is left at 0. */
async function ready({ store, clock, log, metrics }: DrainDependencies): Promise<number> {
  try {
    const depth = await store.ready(clock.now());
    metrics.measure('QueueDepth', depth);
    return depth;
  } catch (error) {
    log('warn', 'ready-unknown', { error: error instanceof Error ? error.name : 'unknown' });
    return 0;
  }
}

function untried({ id }: ClaimedOrder): Settlement {
  return { id, kind: 'untried' };
}

async function settle(
  { store, clock, log, metrics }: DrainDependencies,
  tally: Tally,
  claim: Claim,
  settlements: readonly Settlement[],
): Promise<void> {
  const settledAtMs = clock.now();
  const stands = await store.settle(claim.token, settlements, settledAtMs);
  const settled = { produced: [], retry: [], dead: [], untried: [], refused: [] } as Settled;
  for (const [index, { id, kind }] of settlements.entries()) {
    settled[stands[index] ? kind : 'refused'].push(id);
  }
  const { produced, retry, dead, untried, refused } = settled;
  tally.produced += produced.length;
  tally.retried += retry.length;
  tally.dead += dead.length;
  if (settlements.length === 0) return;
  log('info', 'batch-settled', {
    ...batchOf(claim),
    produced: produced.length,
    untried: untried.length,
    ...(retry.length > 0 && { retried: retry }),
    ...(dead.length > 0 && { dead }),
  });
  // Another drain has claimed them since: what it settles stands.
  if (refused.length > 0) log('warn', 'settle-refused', { ...batchOf(claim), orders: refused });
  measureSettled(metrics, claim, settled, settledAtMs);
  // What is settled is told at once: a drain that is killed later has told it.
  metrics.flush();
}

function tallyClaim({ log }: DrainDependencies, tally: Tally, claim: Claim): void {
  tally.claimed += claim.orders.length;
  tally.dead += claim.dead.length;
  const batch = batchOf(claim);
  if (claim.broken.length > 0) log('error', 'orders-broken', { ...batch, orders: claim.broken });
  if (claim.dead.length > 0) log('warn', 'orders-dead', { ...batch, orders: claim.dead });
}

/** What each line of the log says of a batch. */
function batchOf({ token, batchId }: Claim) {
  return { token, batchId };
}
