import type { Scheduler } from './scheduler.ts';
import type { LockState, StoreState } from './state.ts';
import type { Step } from './steps.ts';
import { Violation } from './violation.ts';

/** Follows the locks of a run, whose leases end in virtual time. */
export interface Locks {
  /** Who may give a token back: those that have asked for the lock with it. */
  readonly askedBy: Map<string, string>;
  /** What a step of a process did to the locks. */
  follow(who: string, before: StoreState, after: StoreState): void;
  tokenOf(slot: number): string | undefined;
  /** Whether a holder still believes in its lock, by its token. */
  readonly believers: Map<string, () => boolean>;
  /** When a holder was told that its lock is not its own, by its token. */
  readonly refusedAtMs: Map<string, number>;
  /** What a step that extends a lock came to. */
  check(step: Step, isHeard: boolean): void;
  /** Redis loses the lock of a slot: nobody is to blame. */
  lose(slot: number): void;
}

/**
 * @param expire  takes the lock of a slot away, as Redis does when its time is up; is told whether
 *   its holder knows
 */
export function followLocks(
  scheduler: Scheduler,
  initial: readonly LockState[],
  expire: (slot: number, isKnown: boolean) => Promise<void>,
): Locks {
  const askedBy = new Map<string, string>();
  const believers = new Map<string, () => boolean>();
  const ends: ((() => void) | undefined)[] = [];
  let current = initial;

  function expireIn(slot: number, ms: number) {
    ends[slot]?.();
    // Redis counts milliseconds while it executes: a lease is of whole seconds.
    const leaseMs = Math.ceil(ms / 1000) * 1000;
    ends[slot] = scheduler.at(scheduler.now() + leaseMs, async () => {
      const believes = believers.get(current[slot]?.token ?? '');
      await expire(slot, !believes?.());
      current = current.with(slot, { token: undefined, expiresInMs: -2 });
    });
  }

  const refusedAtMs = new Map<string, number>();
  return {
    ...{ askedBy, believers, refusedAtMs },
    check(step, isHeard) {
      if (step.error !== undefined) return;
      checkExtendLock(step);
      const isRefused = `${step.answer}` === '0';
      if (isRefused && isHeard) refusedAtMs.set(step.args[0] ?? '', step.nowMs);
    },
    lose(slot) {
      ends[slot]?.();
      current = current.with(slot, { token: undefined, expiresInMs: -2 });
    },
    tokenOf: (slot) => current[slot]?.token,
    follow(who, before, after) {
      current = after.locks;
      for (const [slot, { token, expiresInMs }] of after.locks.entries()) {
        const was = before.locks[slot]?.token;
        if (expiresInMs > 0) expireIn(slot, expiresInMs);
        if (token === was) continue;
        if (was !== undefined && token !== undefined) {
          throw new Violation(`the lock of slot ${slot} is taken while ${askedBy.get(was)} has it`);
        }
        if (was !== undefined && askedBy.get(was) !== who) {
          throw new Violation(`${who} gives back the lock of ${askedBy.get(was)}`);
        }
        if (token !== undefined && expiresInMs <= 0) throw new Violation('a lock never expires');
        if (token === undefined) ends[slot]?.();
      }
    },
  };
}

/** A lock that is said to be extended is. */
function checkExtendLock({ args: [token], answer, before, after }: Step) {
  const slot = before.locks.findIndex((lock) => lock.token === token);
  const [isExtended] = answer as [number];
  if (isExtended !== (slot === -1 ? 0 : 1)) {
    throw new Violation(
      `extend-lock answers ${answer} ${slot === -1 ? 'to another' : 'its holder'}`,
    );
  }
  if (slot !== -1 && (after.locks[slot]?.expiresInMs ?? 0) <= 0) {
    throw new Violation('a lock that is said to be extended is not');
  }
}
