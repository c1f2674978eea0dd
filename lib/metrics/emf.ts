import { METRICS, type MetricName, NAMESPACE } from './metric-names.ts';
import type { Metrics } from './metrics.ts';

export interface EmfOptions {
  readonly stage: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/** Values of one metric in one line, as the format allows. */
const VALUES_MAX = 100;

/** What is noted, by reason; '' is for what has none. */
type Noted = Map<string, Map<MetricName, number[]>>;

/**
 * Metrics as lines of JSON on standard output, which CloudWatch turns into metrics: a request to it
 * would cost time and money at each event. The format is written here, as the usual library for it
 * would be a tenth of each bundle, which every cold start loads.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics({ stage, now, write }: EmfOptions): Metrics {
  let noted: Noted = new Map();

  return {
    measure(name, value, reason = '') {
      const { isSum } = METRICS[name];
      // JSON has no NaN and no infinity, and one such value would void the whole line.
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
        const dimensions = { Stage: stage, ...(reason !== '' && { Reason: reason }) };
        for (let from = 0; ; from += VALUES_MAX) {
          const part = sliced(values, from);
          if (part.length === 0) break;
          write(`${JSON.stringify(lineOf(part, dimensions, now()))}\n`);
        }
      }
    },
  };
}

type Values = readonly (readonly [MetricName, readonly number[]])[];

function lineOf(values: Values, dimensions: Readonly<Record<string, string>>, nowMs: number) {
  const directive = {
    Namespace: NAMESPACE,
    Dimensions: [Object.keys(dimensions)],
    Metrics: values.map(([name]) => ({ Name: name, Unit: METRICS[name].unit })),
  };
  return {
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] },
    ...dimensions,
    ...Object.fromEntries(values),
  };
}

/** As many values of each metric as a line takes; metrics that have no more are left out. */
function sliced(values: ReadonlyMap<MetricName, readonly number[]>, from: number): Values {
  return [...values]
    .map(([name, some]) => [name, some.slice(from, from + VALUES_MAX)] as const)
    .filter(([, some]) => some.length > 0);
}
