import { type Clock, systemClock } from '../clock.ts';

/** What the client takes from the machine that it runs on; a test gives it its own. */
export interface Surroundings {
  readonly fetch: Fetch;
  /** Says how late it is, and ends a try that takes too long. */
  readonly clock: Clock;
  /** Resolves after `delayMs`; rejects with the reason of the signal once that aborts. */
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<unknown>;
  /** In [0, 1). */
  readonly random: () => number;
  /** An idempotency key that nobody has used. */
  readonly newKey: () => string;
}

/** As much of `fetch` as the client needs. */
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

/** The machine's own, where nothing else is given. */
export function surroundingsWith(given: Partial<Surroundings>): Surroundings {
  const clock = given.clock ?? systemClock;
  return {
    // Called as a function of nothing: browsers refuse a fetch that is called as another's method.
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
