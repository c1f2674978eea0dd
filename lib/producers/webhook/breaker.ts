import type { Clock } from '../../clock.ts';

/**
 * What a call showed of the receiver: it took the order; it answered with a failure; it did not
 * answer; it refused the order; or nothing.
 */
export type Health = 'up' | 'failing' | 'silent' | 'refusing' | 'unclear';

export interface Observation {
  readonly health: Health;
  /** Whether the order was sent for the first time. */
  readonly isFresh: boolean;
  /** How long the receiver asked to be left alone, if it did. */
  readonly quietMs?: number | undefined;
}

/** Judges from its calls whether a receiver is down, or whether single orders are at fault. */
export interface Breaker {
  /** `closed`: call; `careful`: one call at a time; `open`: do not call. */
  state(): 'closed' | 'careful' | 'open';
  /** @returns whether this call opened the breaker */
  record(observation: Observation): boolean;
  /** Whether so many orders were refused in a row that the receiver must be at fault. */
  refusesAll(): boolean;
}

/** After this many failures in a row, calls go one at a time. */
export const CAREFUL_AFTER = 5;
/** A batch ends after this many refusals in a row, even if earlier orders were taken. */
export const REFUSED_RUN_MAX = 20;
/** Orders refused in a row, with no success, after which the receiver is at fault and not the order. */
export const REFUSALS_MAX = 3;

/**
 * How many failures in a row, with no success, show that a receiver is down. A call without an answer
 * costs a timeout. An order that fails again is the same evidence as before, so a small queue is not
 * tried over and over. But many different orders may each fail by themselves, and such calls are
 * cheap: giving up on them early would let one bad file stop all others.
 */
export const DOWN_AFTER = { silent: 5, repeated: 5, fresh: 200 } as const;
/** The same, once the receiver was found down and nothing has succeeded since. */
const STILL_DOWN_AFTER = { silent: 1, repeated: 1, fresh: DOWN_AFTER.fresh } as const;
/** For how long a receiver that is down is not called; the next drain comes later than that. */
const OPEN_MS = 20_000;

const NONE = { silent: 0, repeated: 0, fresh: 0 };

/** A breaker that has seen no call yet. */
export function createBreaker(clock: Pick<Clock, 'now'>): Breaker {
  let failures = NONE;
  let refusals = 0;
  let openedAtMs: number | undefined;
  let quiet = { fromMs: 0, untilMs: 0 };

  const state: Breaker['state'] = () => {
    const nowMs = clock.now();
    // A clock that was set back does not know how long it has been quiet.
    if (nowMs >= quiet.fromMs && nowMs < quiet.untilMs) return 'open';
    if (openedAtMs !== undefined) {
      return Math.abs(nowMs - openedAtMs) < OPEN_MS ? 'open' : 'careful';
    }
    const inARow = failures.silent + failures.repeated + failures.fresh;
    return inARow < CAREFUL_AFTER ? 'closed' : 'careful';
  };

  function isDown(): boolean {
    const limits = openedAtMs === undefined ? DOWN_AFTER : STILL_DOWN_AFTER;
    return (['silent', 'repeated', 'fresh'] as const).some(
      (kind) => failures[kind] >= limits[kind],
    );
  }

  return {
    state,
    record({ health, isFresh, quietMs = 0 }) {
      const wasOpen = state() === 'open';
      if (health === 'up' || health === 'refusing') {
        refusals = health === 'up' ? 0 : refusals + 1;
        failures = NONE;
        openedAtMs = undefined;
      } else if (health !== 'unclear') {
        const kind = health === 'silent' ? 'silent' : isFresh ? 'fresh' : 'repeated';
        failures = { ...failures, [kind]: failures[kind] + 1 };
      }
      if (isDown()) {
        failures = NONE;
        openedAtMs = clock.now();
      }
      if (quietMs > 0) {
        const fromMs = clock.now();
        quiet = { fromMs, untilMs: Math.max(quiet.untilMs, fromMs + quietMs) };
      }
      return !wasOpen && state() === 'open';
    },
    refusesAll: () => refusals >= REFUSALS_MAX,
  };
}
