/** Milliseconds as a person reads them. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} minutes`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} hours`;
  return `${Math.round(ms / 86_400_000)} days`;
}

/** The figure that a part of the others do not exceed; `part` in 0 to 1. */
export function quantile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** Bytes as a person reads them. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KiB`;
  if (count < 1024 ** 3) return `${(count / 1024 ** 2).toFixed(1)} MiB`;
  return `${(count / 1024 ** 3).toFixed(1)} GiB`;
}

/** The fields of an `INFO` reply: `name:value` on each line, and headings. */
export function infoFields(text: string): Map<string, string> {
  const fields = [...text.matchAll(/^([^#:\r\n]+):([^\r\n]*)\r?$/gm)];
  return new Map(fields.map(([, name = '', value = '']) => [name, value]));
}
