import type { MetricName } from './metric-names.ts';

/** Takes what is to be measured. Values are counts and times, never an order's data. */
export interface Metrics {
  /**
   * Notes a value; what it means, and its unit, is in `METRICS`. Nothing is noted of a sum by 0.
   *
   * @param reason  for a metric that has one, and only for that: one of a short list
   */
  measure(name: MetricName, value: number, reason?: string): void;
  /** Writes what was noted since it last did: where work ends, as nothing of a Lambda is sure after it. */
  flush(): void;
}

/** Where nothing is to be measured. */
export const NO_METRICS: Metrics = { measure: () => undefined, flush: () => undefined };
