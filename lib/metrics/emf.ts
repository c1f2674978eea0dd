import { MetricUnit, Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricName, NAMESPACE } from './metric-names.ts';
import type { Metrics } from './metrics.ts';

export interface EmfOptions {
  readonly stage: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/**
 * The format takes 100 values of a metric; the library writes by itself, past `write` and the clock,
 * where there are so many.
 */
const VALUES_MAX = 99;

/** What is noted, by reason; '' is for what has none. */
type Noted = Map<string, Map<MetricName, number[]>>;

/**
 * Metrics as lines of JSON on standard output, which CloudWatch makes metrics of: a request to it
 * would cost time and money at each event.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics({ stage, now, write }: EmfOptions): Metrics {
  const lines = new Powertools({ namespace: NAMESPACE });
  // It has a dimension of its own, for the name of a service, by which each metric would cost more.
  lines.clearDefaultDimensions();
  lines.setDefaultDimensions({ Stage: stage });
  let noted: Noted = new Map();

  function writeLine(reason: string, values: ReadonlyMap<MetricName, number[]>) {
    for (const [name, some] of values) {
      for (const value of some) lines.addMetric(name, MetricUnit[METRICS[name].unit], value);
    }
    if (reason !== '') lines.addDimension('Reason', reason);
    lines.setTimestamp(now());
    write(`${JSON.stringify(lines.serializeMetrics())}\n`);
    lines.clearMetrics();
    lines.clearDimensions();
  }

  return {
    measure(name, value, reason = '') {
      const { isSum } = METRICS[name];
      // The library throws for what is no number; no order may fail for its metrics.
      if (!Number.isFinite(value) || (isSum && value === 0)) return;
      const values = noted.get(reason) ?? new Map<MetricName, number[]>();
      const some = values.get(name) ?? [];
      if (isSum) some[0] = (some[0] ?? 0) + value;
      else some.push(value);
      noted.set(reason, values.set(name, some));
    },

    flush() {
      const written = noted;
      noted = new Map();
      for (const [reason, values] of written) {
        for (let from = 0; ; from += VALUES_MAX) {
          const part = sliced(values, from);
          if (part.size === 0) break;
          try {
            writeLine(reason, part);
          } catch {
            // No order fails for its metrics.
            lines.clearMetrics();
          }
        }
      }
    },
  };
}

/** As many values of each metric as a line takes; those that have no more are left out. */
function sliced(values: ReadonlyMap<MetricName, number[]>, from: number) {
  const entries = [...values].map(
    ([name, some]) => [name, some.slice(from, from + VALUES_MAX)] as const,
  );
  return new Map(entries.filter(([, some]) => some.length > 0));
}
