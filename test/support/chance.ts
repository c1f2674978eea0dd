/** Chance that a seed repeats, in [0, 1): a linear congruential generator. */
export function chanceFrom(seed: number): () => number {
  // Neighbouring seeds begin far apart, and none at the 0 that would never move.
  let state = (Math.imul(seed + 1, 2_654_435_761) >>> 1) % 2_147_483_646;
  state += 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}
