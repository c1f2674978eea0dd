import { type Clock, systemClock } from '../clock.ts';

/** What the client needs from the machine it runs on. Tests bring their own. */
export interface Platform {
  readonly fetch: Fetch;
  /** Tells the time, and ends a try that takes too long. */
  readonly clock: Clock;
  /** Resolves after `delayMs`; rejects with the reason of the signal once that aborts. */
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<unknown>;
  /** In [0, 1). */
  readonly random: () => number;
  /** A fresh idempotency key. */
  readonly newKey: () => string;
}

/** The part of `fetch` that the client needs. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** Fills in what was not given. */
export function platformWith(given: Partial<Platform>): Platform {
  const clock = given.clock ?? systemClock;
  return {
    // Browsers refuse a `fetch` that is called as a method of another object.
    fetch: given.fetch ?? ((url, init) => fetch(url, init)),
    clock,
    sleep: given.sleep ?? ((delayMs, signal) => sleepBy(clock, delayMs, signal)),
    random: given.random ?? chance,
    newKey: given.newKey ?? (() => crypto.randomUUID()),
  };
}

function sleepBy(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      takeBack();
      reject(signal?.reason);
    };
    const takeBack = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function chance(): number {
  const [bits = 0] = crypto.getRandomValues(new Uint32Array(1));
  return bits / 2 ** 32;
}
