import type { SlotLock } from '../../../lib/production/drain-slot.ts';
import type { ClaimRequest } from '../../../lib/queue/store.ts';
import { CLAIM } from '../../../lib/redis/scripts.ts';
import type { SimulatedProcess } from '../process.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';
import type { Batch } from './settlements.ts';

/** What `drainSlot` keeps free to settle, and asks for to produce. */
const CLAIM_MS_MIN = 8_000;
const SETTLE_MS = 6_000;
const CLAIM_TEXT = JSON.stringify(CLAIM.text);
/** What a reply takes at most where nothing befalls it. */
const DELIVERY_MS = 20;

/** One drain of one slot. */
export interface Drain {
  readonly slot: number;
  /** Its lock's. */
  readonly token: string;
  readonly deadlineMs: number;
}

/** What a drain may ask for, and what it may believe of its lock and its leases. */
export function drainRules(world: World, process: SimulatedProcess, drain: Drain) {
  const { plan, scheduler, model, locks } = world;
  const disturbancesBefore = process.disturbances();
  const mishapsBefore = process.mishaps.length;

  const isUndisturbed = () =>
    process.disturbances() === disturbancesBefore &&
    !process.isDead() &&
    world.failure() === undefined;
  /** What holds only for who never stood still, by clocks that agree. */
  const isExact = () => plan.clocks === 'exact' && isUndisturbed();
  const mishaps = () => process.mishaps.slice(mishapsBefore);

  function checkClaimRequest(
    { ordersMax, leaseMs, attemptsMax, nowMs }: ClaimRequest,
    held: SlotLock | undefined,
    batches: Iterable<Batch>,
  ) {
    if (held === undefined) throw new Violation('a drain claims without the lock of its slot');
    if (held.signal.aborted) throw new Violation('a drain claims after it has lost its lock');
    if (plan.damage !== 'lock' && isUndisturbed() && locks.tokenOf(drain.slot) !== drain.token) {
      throw new Violation('a drain claims while it believes in a lock that has ended');
    }
    const refusedAtMs = locks.refusedAtMs.get(drain.token) ?? Number.POSITIVE_INFINITY;
    if (isUndisturbed() && scheduler.now() > refusedAtMs + DELIVERY_MS) {
      throw new Violation('a drain claims although it was told that its lock is not its own');
    }
    if (drain.deadlineMs - process.clock.now() < CLAIM_MS_MIN) {
      throw new Violation('a drain claims although its time is nearly up');
    }
    for (const { isSettled, token } of batches) {
      if (!isSettled) throw new Violation(`a drain claims before it has settled token ${token}`);
    }
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

  /** Whoever works on orders holds them, or is told by its signal that it does not. */
  function checkLease(batch: Batch, signal: AbortSignal) {
    if (!isUndisturbed() || signal.aborted || process.clock.now() <= batch.leaseEndMs) return;
    throw new Violation(`token ${batch.token} is at work on orders after their lease has ended`);
  }

  /** A lease is extended as long as Redis can be asked, and the time of the drain is not up. */
  function checkAbort(batch: Batch) {
    const nowMs = process.clock.now();
    if (nowMs >= drain.deadlineMs - SETTLE_MS || !isUndisturbed() || batch.isLost) return;
    if (nowMs < batch.leaseEndMs) {
      throw new Violation(`token ${batch.token} is given up although its lease goes on`);
    }
    if (!isExact() || mishaps().length > 0 || plan.damage !== 'none') return;
    throw new Violation(
      'a producer is stopped although nothing keeps its lease from being extended',
    );
  }

  /** Nobody else can have claimed what a drain has held on to. */
  function checkHeld(batch: Batch) {
    if (!isExact() || batch.calls.some(({ signal }) => signal.aborted)) return;
    for (const { id } of batch.orders) {
      const owner = world.state().orders.get(id)?.owner;
      const isMine = owner?.startsWith(`${batch.token}:`) ?? false;
      if (!isMine && batch.calls.length > 0 && !model.orders.get(id)?.isDamaged) {
        throw new Violation(`a lease ends while token ${batch.token} is still at work on it`, id);
      }
    }
  }

  function checkHandOver(
    batch: Batch | undefined,
    orders: readonly { id: string }[],
    held: SlotLock | undefined,
  ) {
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

  /** A lock whose reply was lost is still known to be one's own. */
  function checkBusy() {
    if (!isUndisturbed() || mishaps().some((mishap) => /delayed|never/.test(mishap))) return;
    if (locks.tokenOf(drain.slot) !== drain.token) return;
    throw new Violation('a drain finds its own lock and takes it for another’s');
  }

  return {
    isUndisturbed,
    isExact,
    wasDisturbed: () => process.disturbances() !== disturbancesBefore,
    checkClaimRequest,
    checkSentOnce,
    checkLease,
    checkAbort,
    checkHeld,
    checkHandOver,
    checkBusy,
  };
}
