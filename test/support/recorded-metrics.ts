import type { MetricName } from '../../lib/metrics/metric-names.ts';
import type { Metrics } from '../../lib/metrics/metrics.ts';

/** Metrics that a test can look at. */
export interface RecordedMetrics extends Metrics {
  /** Every value that was noted, in that order, flushed or not; those of 0 too. */
  values(name: MetricName, reason?: string): number[];
  /** What was noted and is not flushed yet. */
  unwritten(): number;
}

export function recordedMetrics(): RecordedMetrics {
  const noted: { name: MetricName; value: number; reason: string | undefined }[] = [];
  let written = 0;
  return {
    measure: (name, value, reason) => void noted.push({ name, value, reason }),
    flush() {
      written = noted.length;
    },
    values: (name, reason) =>
      noted.filter((one) => one.name === name && one.reason === reason).map(({ value }) => value),
    unwritten: () => noted.length - written,
  };
}
