/** Time, as the code sees it. The only place that asks the machine for it, so tests can step it. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls once, `delayMs` from now; the function that it returns takes that back. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, call) {
    const timer = setTimeout(call, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
