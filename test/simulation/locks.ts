import type { Scheduler } from './scheduler.ts';
import type { StoreState } from './state.ts';
import type { Step } from './steps.ts';
import { Violation } from './violation.ts';

/**
 * Follows the locks of a run, whose leases end in virtual time.
 *
 * @param expire  takes the lock of a slot away, as Redis does when its time is up
 */
export function followLocks(scheduler: Scheduler, expire: (slot: number) => Promise<void>) {
  const ends: ((() => void) | undefined)[] = [];

  function expireIn(slot: number, ms: number) {
    ends[slot]?.();
    // Redis counts milliseconds while it executes: a lease is of whole seconds.
    const leaseMs = Math.ceil(ms / 1000) * 1000;
    ends[slot] = scheduler.at(scheduler.now() + leaseMs, () => expire(slot));
  }

  return function follow({ before, after }: Pick<Step, 'before' | 'after'>): void {
    for (const [slot, { token, expiresInMs }] of after.locks.entries()) {
      const was = before.locks[slot]?.token;
      if (expiresInMs > 0) expireIn(slot, expiresInMs);
      if (token === was) continue;
      if (was !== undefined && token !== undefined && !isPause(token)) {
        throw new Violation('a lock is taken twice');
      }
      if (token !== undefined && expiresInMs <= 0) throw new Violation('a lock never expires');
      if (token === undefined) ends[slot]?.();
    }
  };
}

/** The token that holds the lock of a slot. */
export function lockHolderOf({ locks }: StoreState, slot: number): string | undefined {
  return locks[slot]?.token;
}

/** Whether a lock is held by a pause. */
export function isPause(holder: string | undefined): boolean {
  return holder?.startsWith('paused ') === true;
}
