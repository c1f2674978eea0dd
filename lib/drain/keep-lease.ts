import type { Clock } from '../clock.ts';
import type { Claim } from '../store/claim.ts';
import type { Store } from '../store/connection.ts';
import { extend } from '../store/extend.ts';

export interface KeptLease {
  /** Fires when the leases may have ended. */
  readonly lost: AbortSignal;
  stop(): void;
}

/** Extends the leases of a claim each third of their length, until it is stopped. */
export function keepLease(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { leases, claimedAtMs }: Claim,
  leaseMs: number,
): KeptLease {
  const lost = new AbortController();
  let isOver = false;
  let cancelExtension = clock.after(leaseMs / 3, extendAll);
  let cancelEnd = clock.after(claimedAtMs + leaseMs - clock.now(), lose);

  function lose() {
    stop();
    lost.abort(new Error('The leases have ended'));
  }

  function stop() {
    isOver = true;
    cancelExtension();
    cancelEnd();
  }

  async function extendAll() {
    const askedAtMs = clock.now();
    const held = await extend(store, leases, askedAtMs + leaseMs).catch(() => undefined);
    if (isOver) return;
    if (held?.includes(true)) {
      cancelEnd();
      cancelEnd = clock.after(askedAtMs + leaseMs - clock.now(), lose);
    } else if (held !== undefined) {
      return lose();
    }
    cancelExtension = clock.after(leaseMs / 3, extendAll);
  }

  return { lost: lost.signal, stop };
}
