import type { Random } from './random.ts';

/** Virtual time, and what is to happen in it. One thing happens at a time. */
export interface Scheduler {
  /** Unix milliseconds. */
  now(): number;
  /**
   * Has something happen; two things of the same millisecond come in an order of chance.
   *
   * @returns takes it back
   */
  at(atMs: number, happen: () => undefined | Promise<void>): () => void;
  /**
   * Runs until nothing is left to happen, or until it is stopped.
   *
   * @returns whether that was before `endMs`
   */
  run(endMs: number): Promise<boolean>;
  stop(): void;
}

interface Event {
  readonly atMs: number;
  readonly tie: number;
  happen: (() => undefined | Promise<void>) | undefined;
}

/** Ends when everything that follows from what has just happened has come to wait for something. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createScheduler(startMs: number, random: Random): Scheduler {
  let nowMs = startMs;
  let isStopped = false;
  // The last of them is the next to happen.
  const events: Event[] = [];

  function insert(event: Event) {
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(event, events[middle] as Event)) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
  }

  return {
    now: () => nowMs,
    at(atMs, happen) {
      const event: Event = { atMs: Math.max(nowMs, Math.ceil(atMs)), tie: random(), happen };
      insert(event);
      return () => {
        event.happen = undefined;
      };
    },
    async run(endMs) {
      for (let event = events.pop(); event !== undefined && !isStopped; event = events.pop()) {
        if (event.happen === undefined) continue;
        if (event.atMs > endMs) return false;
        nowMs = event.atMs;
        await (event.happen() ?? settled());
      }
      return true;
    },
    stop() {
      isStopped = true;
    },
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
}
