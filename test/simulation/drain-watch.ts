import type { SlotLock, SlotOutcome } from '../../lib/drain/drain-slot.ts';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { CLAIM } from '../../lib/store/scripts.ts';
import { isPause, lockHolderOf } from './locks.ts';
import type { ProducerCall } from './model.ts';
import type { SimulatedProcess } from './process.ts';
import { submissionIn } from './records.ts';
import { withoutTime } from './steps.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** What `drainSlot` keeps free to settle, and asks for to produce. */
const CLAIM_MS_MIN = 8_000;
const CLAIM_TEXT = JSON.stringify(CLAIM.text);
/** What a reply takes at most where nothing befalls it. */
const DELIVERY_MS = 20;

/** One drain of one slot. */
export interface Drain {
  readonly slot: number;
  /** Its lock's. */
  readonly token: string;
  readonly drainId: string;
  readonly deadlineMs: number;
}

/** Stands between a drain and what it uses, and checks what it asks for. */
export function watchDrain(world: World, process: SimulatedProcess, drain: Drain) {
  const { plan, model } = world;
  const { slot, token, drainId, deadlineMs } = drain;
  const disturbancesBefore = process.disturbances();
  const mishapsBefore = process.mishaps.length;
  let held: SlotLock | undefined;
  let isReleased = false;
  let wasPaused = false;
  world.onStep(({ after }) => {
    wasPaused ||= isPause(lockHolderOf(after, slot));
  });

  const isUndisturbed = () =>
    process.disturbances() === disturbancesBefore && !process.isDead() && !world.failure();
  const mishaps = () => process.mishaps.slice(mishapsBefore);
  /** Nothing befell it, and all clocks agree: what is promised then holds without exception. */
  const isCalm = () => isUndisturbed() && mishaps().length === 0 && plan.clocks === 'exact';

  process.onSend = (body) => {
    if (body.includes(CLAIM.sha1) || body.includes(CLAIM_TEXT)) guarded(checkClaims)();
  };

  function checkClaims() {
    if (held === undefined) throw new Violation('a drain claims without the lock of its slot');
    if (held.signal.aborted) throw new Violation('a drain claims after it has lost its lock');
    const holder = lockHolderOf(world.state(), slot);
    // A drain learns of a pause when it extends its lock, and a short one has ended by then.
    if (isUndisturbed() && holder !== token && !wasPaused) {
      throw new Violation('a drain claims while it believes in a lock that has ended');
    }
    // A script that Redis does not know is sent again, a moment later.
    const sinceMs = mishaps().length > 0 ? CLAIM_MS_MIN / 2 : CLAIM_MS_MIN - 2 * DELIVERY_MS;
    if (isUndisturbed() && deadlineMs - process.clock.now() < sinceMs) {
      throw new Violation('a drain claims although its time is nearly up');
    }
  }

  /** A lease is extended as long as Redis can be asked, and the time of the drain is not up. */
  function checkAbort(call: ProducerCall, answerByMs: number) {
    if (call.isOver || !isCalm() || process.clock.now() >= answerByMs) return;
    throw new Violation(
      'a producer is stopped although nothing keeps its lease from being extended',
    );
  }

  /** While it is leased nobody replaces it, so it is produced as it stands there. */
  function checkContent({ id, customer }: ClaimedOrder) {
    const { record, owner } = world.state().orders.get(id) ?? {};
    if (record === undefined || !owner?.includes(`:${drainId}@`)) return;
    if (submissionIn(record).customer === customer) return;
    throw new Violation('a producer is handed a content that the order has no longer', id);
  }

  /** A lock whose reply was lost is still known to be one's own. */
  function checkBusy() {
    if (!isUndisturbed() || mishaps().some((mishap) => /delayed|never/.test(mishap))) return;
    if (lockHolderOf(world.state(), slot) !== token) return;
    throw new Violation('a drain finds its own lock and takes it for another’s');
  }

  /** What a rule finds in the code of a drain ends the run, not only the drain. */
  function guarded<Args extends unknown[]>(rule: (...args: Args) => void) {
    return (...args: Args) => {
      try {
        rule(...args);
      } catch (error) {
        world.fail(error);
      }
    };
  }

  const watched =
    (producer: Producer): Producer =>
    async (orders, context) => {
      const { signal } = context;
      const ids = orders.map(({ id }) => id);
      const batch = `${context.token}:${drainId}`;
      const call: ProducerCall = { process, batch, ids, signal, isUndisturbed, isOver: false };
      const other = model.calls.find((one) => one.process === process && !one.isOver);
      if (other && !other.signal.aborted)
        world.fail(new Violation('a producer is called twice at once'));
      model.calls.push(call);
      for (const id of ids) model.orders.get(id)?.handed.add(String(context.token));
      for (const order of orders) guarded(checkContent)(order);
      signal.addEventListener('abort', () => guarded(checkAbort)(call, context.deadlineMs));
      try {
        const answers = await producer(orders, context);
        call.answers = answers;
        return answers;
      } finally {
        call.isOver = true;
      }
    };

  return {
    async lock(acquire: () => Promise<SlotLock | undefined>): Promise<SlotLock | undefined> {
      const lock = await acquire();
      if (lock === undefined) guarded(checkBusy)();
      if (lock === undefined) return undefined;
      const release = () => {
        isReleased = true;
        return lock.release();
      };
      held = { signal: lock.signal, release };
      return held;
    },
    producer(producer: Producer): Producer {
      return Object.assign(watched(producer), producer.erase && { erase: producer.erase });
    },
    ended: guarded((outcome: SlotOutcome) => {
      if (held !== undefined && !isReleased) throw new Violation('a drain keeps its lock');
      if (outcome.kind === 'busy' || !isCalm()) return;
      for (const [id, { owner }] of world.state().orders) {
        if (owner?.includes(`:${drainId}@`))
          throw new Violation('a drain ends and leaves an order leased', id);
      }
    }),
    cutOff: guarded(() => {
      if (isCalm()) throw new Violation('a drain does not come to its end in its time');
    }),
  };
}

/** Whoever works on orders holds them, or is told by its signal that it does not. */
export function watchLeases(world: World): void {
  const { plan, model } = world;
  if (plan.clocks !== 'exact') return;
  world.onStep(({ after }) => {
    for (const call of model.calls) {
      if (call.isOver || call.signal.aborted || !call.isUndisturbed()) continue;
      for (const id of call.ids) {
        const [token, , ...holder] = withoutTime(after.orders.get(id)?.owner).split(':');
        if (`${token}:${holder.join(':')}` === call.batch) continue;
        throw new Violation('a lease ends while a producer is still at work on its order', id);
      }
    }
  });
}
