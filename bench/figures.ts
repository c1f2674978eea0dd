/** The middle of some figures, which one slow round does not move. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A share of the way from the smallest to the largest figure: 0.99 for the 99th percentile. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export function rounded(figure: number, digits = 0): string {
  return figure.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** The ratios of two series round by round: their median, the smallest and the largest. */
export function ratio(ours: readonly number[], theirs: readonly number[], digits = 1): string {
  const ratios = ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN));
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  return `${rounded(median(ratios), digits)} (${rounded(low, digits)}–${rounded(high, digits)})`;
}
