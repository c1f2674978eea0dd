import type { SlotLock, SlotOutcome } from '../../lib/production/drain-slot.ts';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import type { Claim, ProductionStore, Settlement } from '../../lib/queue/store.ts';
import type { SimulatedProcess } from './process.ts';
import { type Drain, drainRules } from './rules/drain.ts';
import { type Batch, checkSettlements, type ProducerCall } from './rules/settlements.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** Stands between a drain and what it uses, and checks what it asks for. */
export interface DrainWatch {
  lock(acquire: () => Promise<SlotLock | undefined>): Promise<SlotLock | undefined>;
  store(store: ProductionStore): ProductionStore;
  producer(producer: Producer): Producer;
  ended(outcome: SlotOutcome): void;
  /** The drain is cut off, as its time is up. */
  cutOff(): void;
}

export function watchDrain(world: World, process: SimulatedProcess, drain: Drain): DrainWatch {
  const { plan, scheduler, model, locks } = world;
  const rules = drainRules(world, process, drain);
  const batches = new Map<number, Batch>();
  const tally = { claimed: 0, produced: 0, retried: 0, dead: 0 };
  let held: SlotLock | undefined;
  let isReleased = false;

  function claimed(claim: Claim, leaseEndMs: number) {
    tally.claimed += claim.orders.length;
    tally.dead += claim.dead.length;
    if (claim.orders.length === 0) return;
    const batch = { ...claim, leaseEndMs, isSettled: false, isLost: false, calls: [] };
    batches.set(claim.token, batch);
  }

  function settling(token: number, settlements: readonly Settlement[], nowMs: number) {
    const batch = batches.get(token);
    if (batch === undefined || batch.isSettled) {
      if (settlements.length === 0) return;
      throw new Violation(`a drain settles token ${token}, which it does not hold`);
    }
    for (const { signal } of batch.calls) rules.checkLease(batch, signal);
    batch.isSettled = true;
    if (nowMs !== process.clock.now()) throw new Violation('a drain settles at another time');
    checkSettlements(batch, settlements, { nowMs, isExact: rules.isExact(), model });
    rules.checkHeld(batch);
  }

  /** Looks when the lease ends: by then the signal has fired, or the lease was extended. */
  function watchLease(batch: Batch, call: ProducerCall) {
    const leftMs = batch.leaseEndMs - process.clock.now();
    scheduler.at(scheduler.now() + leftMs + 1, () => {
      if (batch.isSettled || call.answeredAtMs !== undefined || !rules.isUndisturbed())
        return undefined;
      watched(rules.checkLease)(batch, call.signal);
      if (!call.signal.aborted) watchLease(batch, call);
      return undefined;
    });
  }

  function settled(settlements: readonly Settlement[], stands: readonly boolean[]) {
    for (const [at, { kind }] of settlements.entries()) {
      if (!stands[at] || kind === 'untried') continue;
      tally[kind === 'retry' ? 'retried' : kind] += 1;
    }
  }

  /** What a rule finds in the code of a drain ends the run, not only the drain. */
  function watched<Args extends unknown[]>(rule: (...args: Args) => void) {
    return (...args: Args) => {
      try {
        rule(...args);
      } catch (error) {
        world.fail(error);
      }
    };
  }

  return {
    async lock(acquire) {
      const lock = await acquire();
      if (lock === undefined) watched(rules.checkBusy)();
      if (lock === undefined) return undefined;
      locks.believers.set(
        drain.token,
        () => rules.isUndisturbed() && !isReleased && !lock.signal.aborted,
      );
      const release = () => {
        isReleased = true;
        return lock.release();
      };
      held = { signal: lock.signal, release };
      return held;
    },
    store: ({ claim, settle, extend, ready }) => ({
      ready,
      async claim(request) {
        watched(rules.checkClaimRequest)(request, held, batches.values());
        const askedAtMs = scheduler.now();
        try {
          const answer = await claim(request);
          watched(claimed)(answer, request.nowMs + request.leaseMs);
          return answer;
        } finally {
          watched(rules.checkSentOnce)(askedAtMs);
        }
      },
      async settle(token, settlements, nowMs) {
        watched(settling)(token, settlements, nowMs);
        const stands = await settle(token, settlements, nowMs);
        settled(settlements, stands);
        return stands;
      },
      async extend(token, ids, leaseEndMs) {
        const mustMs = process.clock.now() + plan.leaseMs;
        if (leaseEndMs !== mustMs) {
          world.fail(new Violation(`a lease is extended to ${leaseEndMs}, not to ${mustMs}`));
        }
        const answer = await extend(token, ids, leaseEndMs);
        const batch = batches.get(token);
        if (batch !== undefined && answer.includes(true)) batch.leaseEndMs = leaseEndMs;
        else if (batch !== undefined) batch.isLost = true;
        return answer;
      },
    }),
    producer: (producer) => async (orders, context) => {
      const { signal, token } = context;
      const batch = batches.get(token);
      watched(rules.checkHandOver)(batch, orders, held);
      const call: ProducerCall = { ids: orders.map(({ id }) => id), signal };
      batch?.calls.push(call);
      if (batch !== undefined) watchLease(batch, call);
      signal.addEventListener('abort', () => {
        call.abortedAtMs = scheduler.now();
        if (batch !== undefined && !batch.isSettled) watched(rules.checkAbort)(batch);
      });
      const answers: ReadonlyMap<string, ProducerAnswer> = await producer(orders, context);
      call.answers = answers;
      call.answeredAtMs = scheduler.now();
      if (batch !== undefined) watched(rules.checkLease)(batch, signal);
      return answers;
    },
    ended: watched((outcome: SlotOutcome) => {
      if (held !== undefined && !isReleased) throw new Violation('a drain keeps its lock');
      if (outcome.kind === 'busy') return;
      for (const { token, isSettled } of batches.values()) {
        if (!isSettled) throw new Violation(`a drain ends and leaves token ${token} unsettled`);
      }
      const { remaining: _, ...counted } = outcome.report;
      if (JSON.stringify(counted) !== JSON.stringify(tally)) {
        throw new Violation(
          `a drain reports ${JSON.stringify(counted)}, not ${JSON.stringify(tally)}`,
        );
      }
    }),
    cutOff: watched(() => {
      if (rules.wasDisturbed()) return;
      for (const { token, isSettled } of batches.values()) {
        if (!isSettled) throw new Violation(`a drain does not settle token ${token} in its time`);
      }
    }),
  };
}
