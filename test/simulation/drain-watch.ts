import type { SlotLock, SlotOutcome } from '../../lib/production/drain-slot.ts';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import type { Claim, ClaimRequest, ProductionStore, Settlement } from '../../lib/queue/store.ts';
import type { SimulatedProcess } from './process.ts';
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

/** What `drainSlot` keeps free to settle, and asks for to produce. */
const CLAIM_MS_MIN = 8_000;

export interface Drain {
  readonly slot: number;
  readonly token: string;
  readonly deadlineMs: number;
}

export function watchDrain(world: World, process: SimulatedProcess, drain: Drain): DrainWatch {
  const { plan, scheduler, model } = world;
  const disturbancesBefore = process.disturbances();
  const batches = new Map<number, Batch>();
  const tally = { claimed: 0, produced: 0, retried: 0, dead: 0 };
  let held: SlotLock | undefined;
  let isReleased = false;

  /** What holds only for who never stood still, by clocks that agree. */
  const isExact = () =>
    plan.clocks === 'exact' && process.disturbances() === disturbancesBefore && !process.isDead();

  function checkClaimRequest(request: ClaimRequest) {
    if (held === undefined) throw new Violation('a drain claims without the lock of its slot');
    if (held.signal.aborted) throw new Violation('a drain claims after it has lost its lock');
    if (isExact() && world.locks.tokenOf(drain.slot) !== drain.token) {
      throw new Violation('a drain claims while it believes in a lock that has ended');
    }
    if (drain.deadlineMs - process.clock.now() < CLAIM_MS_MIN) {
      throw new Violation('a drain claims although its time is nearly up');
    }
    for (const { isSettled, token } of batches.values()) {
      if (!isSettled) throw new Violation(`a drain claims before it has settled token ${token}`);
    }
    const { ordersMax, leaseMs, attemptsMax, nowMs } = request;
    const asked = [ordersMax, leaseMs, attemptsMax, nowMs];
    const must = [plan.batchSize, plan.leaseMs, plan.attemptsMax, process.clock.now()];
    if (`${asked}` !== `${must}`) throw new Violation(`a drain claims with ${asked}, not ${must}`);
  }

  function claimed(claim: Claim, leaseEndMs: number) {
    tally.claimed += claim.orders.length;
    tally.dead += claim.dead.length;
    if (claim.orders.length === 0) return;
    batches.set(claim.token, { ...claim, leaseEndMs, isSettled: false, calls: [] });
  }

  function settling(token: number, settlements: readonly Settlement[], nowMs: number) {
    const batch = batches.get(token);
    if (batch === undefined || batch.isSettled) {
      if (settlements.length === 0) return;
      throw new Violation(`a drain settles token ${token}, which it does not hold`);
    }
    batch.isSettled = true;
    if (nowMs !== process.clock.now()) throw new Violation('a drain settles at another time');
    checkSettlements(batch, settlements, { nowMs, isExact: isExact(), model });
    if (!isExact() || batch.calls.some(({ signal }) => signal.aborted)) return;
    for (const { id } of batch.orders) {
      const owner = world.state().orders.get(id)?.owner;
      const isMine = owner?.startsWith(`${token}:`) ?? false;
      if (!isMine && batch.calls.length > 0 && !model.orders.get(id)?.isDamaged) {
        throw new Violation(`a lease ends while token ${token} is still at work on it`, id);
      }
    }
  }

  function settled(settlements: readonly Settlement[], stands: readonly boolean[]) {
    for (const [at, { kind }] of settlements.entries()) {
      if (!stands[at] || kind === 'untried') continue;
      tally[kind === 'retry' ? 'retried' : kind] += 1;
    }
  }

  function checkHandOver(batch: Batch | undefined, orders: readonly { id: string }[]) {
    if (batch === undefined) throw new Violation('a producer is handed what was not claimed');
    if (batch.isSettled) throw new Violation('a producer is handed what is settled');
    for (const order of orders) {
      const { id } = order;
      if (!batch.orders.some((claimed) => claimed === order)) {
        throw new Violation('a producer is handed an order of another claim', id);
      }
      const state = world.state().orders.get(id);
      const isLeased = process.clock.now() < batch.leaseEndMs;
      if (isExact() && isLeased && !state?.owner?.startsWith(`${batch.token}:`)) {
        if (!model.orders.get(id)?.isDamaged) {
          throw new Violation('a producer is handed an order that its drain does not hold', id);
        }
      }
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
      if (lock === undefined) return undefined;
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
        watched(checkClaimRequest)(request);
        const answer = await claim(request);
        watched(claimed)(answer, request.nowMs + request.leaseMs);
        return answer;
      },
      async settle(token, settlements, nowMs) {
        watched(settling)(token, settlements, nowMs);
        const stands = await settle(token, settlements, nowMs);
        settled(settlements, stands);
        return stands;
      },
      extend(token, ids, leaseEndMs) {
        const mustMs = process.clock.now() + plan.leaseMs;
        if (leaseEndMs !== mustMs) {
          world.fail(new Violation(`a lease is extended to ${leaseEndMs}, not to ${mustMs}`));
        }
        return extend(token, ids, leaseEndMs);
      },
    }),
    producer: (producer) => async (orders, context) => {
      const { signal, token } = context;
      const batch = batches.get(token);
      watched(checkHandOver)(batch, orders);
      const call: ProducerCall = { ids: orders.map(({ id }) => id), signal };
      batch?.calls.push(call);
      signal.addEventListener('abort', () => {
        call.abortedAtMs = scheduler.now();
      });
      const answers: ReadonlyMap<string, ProducerAnswer> = await producer(orders, context);
      call.answers = answers;
      call.answeredAtMs = scheduler.now();
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
        throw new Violation(`a drain reports ${JSON.stringify(counted)}, not ${JSON.stringify(tally)}`);
      }
    }),
    cutOff: watched(() => {
      if (process.disturbances() !== disturbancesBefore) return;
      for (const { token, isSettled } of batches.values()) {
        if (!isSettled) throw new Violation(`a drain does not settle token ${token} in its time`);
      }
    }),
  };
}
