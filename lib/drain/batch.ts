import { batchIdOf } from '../orders/holder.ts';
import type { ClaimedOrder } from '../orders/order.ts';
import { type Claim, isAloneName } from '../store/claim.ts';
import { readRecords } from '../store/read.ts';
import type { Settlement, Settlements } from '../store/settle.ts';
import type { Run } from './drain.ts';
import { eraseDownstream } from './erase-downstream.ts';
import { errorPlace } from './error-place.ts';
import { keepLease } from './keep-lease.ts';
import { measureClaim } from './measurements.ts';
import { type BatchOutcome, produceBatch } from './produce-batch.ts';
import {
  type Claimed,
  type Erased,
  settlementOf,
  sortOut,
  unanswered,
  untried,
} from './settlements.ts';

/** Bytes of records that one batch hands to the producer; what is beyond is given back. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Reads a claimed batch, decides about the orders that are not to be produced, has the others
 * produced when it is this lane's turn, and says what became of each. Leases are extended meanwhile.
 */
export async function workBatch(run: Run, claim: Claim): Promise<Settlements> {
  const { store, clock, limits } = run;
  run.isWary ||= isWarning(claim);
  const lease = keepLease({ store, clock }, claim, limits.leaseMs);
  try {
    const { settled, claimed } = await readBatch(run, claim);
    const produced = await produceInTurn(run, claim, claimed, lease.lost);
    const { isAnnounced } = limits;
    const settlements = [...settled, ...produced];
    return { token: claim.token, settlements, nowMs: clock.now(), isAnnounced };
  } finally {
    lease.stop();
  }
}

/** Orders to produce, and settlements for those that are not. */
async function readBatch(run: Run, claim: Claim) {
  const { store, clock, random, limits, log, metrics } = run;
  const stored = await readRecords(
    store,
    claim.leases.map(({ id }) => id),
  );
  const nowMs = clock.now();
  const settled: Settlement[] = [];
  const claimed: Claimed[] = [];
  const erased: Erased[] = [];
  let bytes = 0;
  for (const [at, lease] of claim.leases.entries()) {
    const found = stored[at] ?? { record: null, state: null };
    const step = { nowMs, random: random(), attemptsMax: limits.attemptsMax, claim };
    const outcome = sortOut(lease, found, step);
    bytes += found.record?.length ?? 0;
    if (outcome.kind === 'settle') settled.push(outcome.settlement);
    else if (outcome.kind === 'erase') erased.push(outcome.erased);
    else if (bytes <= BATCH_BYTES_MAX || claimed.length === 0) claimed.push(outcome.claimed);
    else settled.push(untried(outcome.claimed));
  }
  const lost = settled.filter(({ kind }) => kind === 'nowhere').map(({ lease }) => lease.id);
  if (lost.length > 0) log('error', 'orders-lost', { token: claim.token, orders: lost });
  const orders = claimed.map(({ order }) => order);
  measureClaim(metrics, orders, nowMs);
  run.notes.claimed(orders, nowMs);
  settled.push(...(await eraseDownstream(run, claim, erased)));
  return { settled, claimed };
}

async function produceInTurn(
  run: Run,
  claim: Claim,
  claimed: readonly Claimed[],
  lost: AbortSignal,
): Promise<Settlement[]> {
  if (claimed.length === 0) return [];
  const { clock, random, limits } = run;
  const done = await run.turn();
  try {
    // Reading may have taken its time: an order that was not tried is charged no attempt.
    if (run.isStopped || !run.hasTime() || lost.aborted) {
      return claimed.map(untried);
    }
    const orders = claimed.map(({ order }) => order);
    const time = { answerByMs: run.answerByMs, lost };
    const outcome = await produceBatch(producerFor(run), { token: claim.token, orders }, time);
    if (!outcome.isProducerWell) {
      run.isStopped = true;
      run.notes.isProducerDown = true;
      run.notes.failed(outcome.missing);
    }
    logProblems(run, claim, outcome, orders);
    const nowMs = clock.now();
    const { attemptsMax } = limits;
    const { answers, missing } = outcome;
    return claimed.map((one) => {
      const reason = outcome.unanswered.get(one.order.id);
      const step = { nowMs, random: random(), attemptsMax, claim };
      if (reason !== undefined) return unanswered(one, reason, step);
      const answer = answers.get(one.order.id) ?? { kind: 'retry', reason: missing };
      return settlementOf(one, answer, step);
    });
  } finally {
    done();
  }
}

/** A drain that meets orders of which drains may have died produces nothing in its own thread any more. */
function producerFor({ producer, isolated = producer, clock, isWary }: Run) {
  return { clock, producer: isWary ? isolated : producer, isWary };
}

/** Whether a claim shows that drains have died, by what it took or by what it left. */
function isWarning({ leases, ready }: Claim): boolean {
  return (
    leases.some(({ claims, from }) => claims > 1 || isAloneName(from)) || ready.some(isAloneName)
  );
}

function logProblems(
  { log }: Run,
  claim: Claim,
  { answers, missing, isProducerWell, unanswered: lost, error }: BatchOutcome,
  orders: readonly ClaimedOrder[],
): void {
  const batch = { token: claim.token, batchId: batchIdOf(claim) };
  const givenBack = orders.filter(({ id }) => answers.get(id)?.kind === 'untried').length;
  if (givenBack > 0) log('warn', 'orders-given-back', { ...batch, orders: givenBack });
  if (lost.size > 0) log('error', 'producer-died', { ...batch, orders: lost.size });
  if (error !== undefined || (!isProducerWell && givenBack === 0)) {
    log('error', 'producer-failed', { ...batch, reason: missing, ...errorPlace(error) });
  }
}
