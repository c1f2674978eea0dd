/** Chance that a seed decides: the same seed draws the same, on every machine. */
export interface Random {
  /** In [0, 1). */
  (): number;
  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean;
  /** A whole number between two, both of them included. */
  whole(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
  /** Chance of its own, so that who draws more often does not change what others draw. */
  fork(): Random;
}

/**
 * sfc32, seeded by splitmix32: fast, and good enough that neighbouring seeds have nothing in common.
 * @see https://pracrand.sourceforge.net
 */
export function randomFrom(seed: number): Random {
  let mixed = (seed ^ 0x9e3779b9) | 0;
  const word = () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  let [a, b, c, counter] = [word(), word(), word(), 1];

  const draw = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warming = 0; warming < 12; warming += 1) draw();

  const whole = (min: number, max: number) => min + Math.floor(draw() * (max - min + 1));
  return Object.assign(draw, {
    chance: (probability: number) => draw() < probability,
    whole,
    pick: <T>(from: readonly T[]) => from[whole(0, from.length - 1)] as T,
    fork: () => randomFrom(Math.floor(draw() * 2 ** 32)),
  });
}
