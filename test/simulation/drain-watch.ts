import type { SlotLock, SlotOutcome } from '../../lib/production/drain-slot.ts';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import type { Claim, ClaimRequest, ProductionStore, Settlement } from '../../lib/queue/store.ts';
import { CLAIM } from '../../lib/redis/scripts.ts';
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
const SETTLE_MS = 6_000;
const CLAIM_TEXT = JSON.stringify(CLAIM.text);
/** What a reply takes at most where nothing befalls it. */
const DELIVERY_MS = 20;

export interface Drain {
  readonly slot: number;
  readonly token: string;
  readonly deadlineMs: number;
}

export function watchDrain(world: World, process: SimulatedProcess, drain: Drain): DrainWatch {
  const { plan, scheduler, model, locks } = world;
  const disturbancesBefore = process.disturbances();
  const mishapsBefore = process.mishaps.length;
  const batches = new Map<number, Batch>();
  const tally = { claimed: 0, produced: 0, retried: 0, dead: 0 };
  let held: SlotLock | undefined;
  let isReleased = false;

  const isUndisturbed = () =>
    process.disturbances() === disturbancesBefore &&
    !process.isDead() &&
    world.failure() === undefined;
  /** What holds only for who never stood still, by clocks that agree. */
  const isExact = () => plan.clocks === 'exact' && isUndisturbed();
  const mishaps = () => process.mishaps.slice(mishapsBefore);

  function checkClaimRequest(request: ClaimRequest) {
    if (held === undefined) throw new Violation('a drain claims without the lock of its slot');
    if (held.signal.aborted) throw new Violation('a drain claims after it has lost its lock');
    if (plan.damage !== 'lock' && isUndisturbed() && locks.tokenOf(drain.slot) !== drain.token) {
      throw new Violation('a drain claims while it believes in a lock that has ended');
    }
    const refusedAtMs = locks.refusedAtMs.get(drain.token) ?? Number.POSITIVE_INFINITY;
    if (isUndisturbed() && scheduler.now() > refusedAtMs + DELIVERY_MS && mishaps().length === 0) {
      throw new Violation('a drain claims although it was told that its lock is not its own');
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

  /** Another claim would lease other orders, while those of the first wait out their lease. */
  function checkSentOnce(askedAtMs: number) {
    const claims = world
      .executed(process)
      .filter(({ sentAtMs }) => sentAtMs >= askedAtMs)
      .filter(({ body }) => body.includes(CLAIM.sha1) || body.includes(CLAIM_TEXT));
    if (claims.length > 1) throw new Violation('a claim is sent again by itself');
  }

  function claimed(claim: Claim, leaseEndMs: number) {
    tally.claimed += claim.orders.length;
    tally.dead += claim.dead.length;
    if (claim.orders.length === 0) return;
    const batch = { ...claim, leaseEndMs, isSettled: false, calls: [] };
    batches.set(claim.token, batch);
  }

  function settling(token: number, settlements: readonly Settlement[], nowMs: number) {
    const batch = batches.get(token);
    if (batch === undefined || batch.isSettled) {
      if (settlements.length === 0) return;
      throw new Violation(`a drain settles token ${token}, which it does not hold`);
    }
    for (const { signal } of batch.calls) checkLease(batch, signal);
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

  /** Whoever works on orders holds them, or is told by its signal that it does not. */
  function checkLease(batch: Batch, signal: AbortSignal) {
    if (!isUndisturbed() || signal.aborted || process.clock.now() <= batch.leaseEndMs) return;
    throw new Violation(`token ${batch.token} is at work on orders after their lease has ended`);
  }

  /** A lease is extended as long as Redis can be asked, and the time of the drain is not up. */
  function checkAbort() {
    const isTimeUp = process.clock.now() >= drain.deadlineMs - SETTLE_MS;
    if (isTimeUp || !isExact() || mishaps().length > 0 || plan.damage !== 'none') return;
    throw new Violation(
      'a producer is stopped although nothing keeps its lease from being extended',
    );
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
    const isLate = drain.deadlineMs - process.clock.now() < CLAIM_MS_MIN || held?.signal.aborted;
    if (isLate && batch.calls.length === 0) {
      throw new Violation('a producer is handed a batch that there is no time left for');
    }
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
      const isKnown = !mishaps().some((mishap) => /delayed|never/.test(mishap));
      if (lock === undefined && isKnown && isUndisturbed()) {
        if (locks.tokenOf(drain.slot) === drain.token) {
          world.fail(new Violation('a drain finds its own lock and takes it for another’s'));
        }
      }
      if (lock === undefined) return undefined;
      locks.believers.set(
        drain.token,
        () => isUndisturbed() && !isReleased && !lock.signal.aborted,
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
        watched(checkClaimRequest)(request);
        const askedAtMs = scheduler.now();
        try {
          const answer = await claim(request);
          watched(claimed)(answer, request.nowMs + request.leaseMs);
          return answer;
        } finally {
          watched(checkSentOnce)(askedAtMs);
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
        if (answer.includes(true) && batch !== undefined) batch.leaseEndMs = leaseEndMs;
        return answer;
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
        if (!batch?.isSettled) watched(checkAbort)();
      });
      const answers: ReadonlyMap<string, ProducerAnswer> = await producer(orders, context);
      call.answers = answers;
      call.answeredAtMs = scheduler.now();
      if (batch !== undefined) watched(checkLease)(batch, signal);
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
      if (process.disturbances() !== disturbancesBefore) return;
      for (const { token, isSettled } of batches.values()) {
        if (!isSettled) throw new Violation(`a drain does not settle token ${token} in its time`);
      }
    }),
  };
}
