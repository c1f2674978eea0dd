import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { METRICS, type MetricName, NAMESPACE } from '../../lib/metrics/metric-names.ts';

/** A line as CloudWatch takes it: a directive, and beside it the members that it names. */
export interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });

/**
 * What the specification asks of the directive.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const isDirective = new Ajv2020({ allErrors: true }).compile({
  type: 'object',
  required: ['Timestamp', 'CloudWatchMetrics'],
  additionalProperties: false,
  properties: {
    Timestamp: { type: 'integer', minimum: 1_600_000_000_000 },
    CloudWatchMetrics: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['Namespace', 'Dimensions', 'Metrics'],
        additionalProperties: false,
        properties: {
          Namespace: text(1024),
          Dimensions: {
            type: 'array',
            minItems: 1,
            items: { type: 'array', maxItems: 30, items: text(250) },
          },
          Metrics: {
            type: 'array',
            minItems: 1,
            maxItems: 100,
            items: {
              type: 'object',
              required: ['Name', 'Unit'],
              additionalProperties: false,
              properties: {
                Name: text(1024),
                Unit: { enum: ['Count', 'Seconds', 'Milliseconds'] },
              },
            },
          },
        },
      },
    },
  },
});

/**
 * Holds a line against the specification and against the list of metrics: nothing is in it but the
 * values of metrics that the list has, with their unit, and their dimensions.
 */
export function expectValid(line: EmfLine, stage: string): void {
  expect(isDirective(line._aws), JSON.stringify(isDirective.errors)).toBe(true);
  const [{ Namespace, Dimensions, Metrics } = expect.fail(), ...more] = line._aws.CloudWatchMetrics;
  expect(more).toEqual([]);
  expect(Namespace).toBe(NAMESPACE);
  const hasReason = Dimensions[0]?.includes('Reason');
  expect(Dimensions).toEqual([hasReason ? ['Stage', 'Reason'] : ['Stage']]);
  expect(line.Stage).toBe(stage);
  for (const { Name, Unit } of Metrics) {
    const definition: { unit: string; hasReason?: true } = METRICS[Name as MetricName];
    expect(definition, Name).toBeDefined();
    expect({ Name, Unit, hasReason }).toEqual({
      Name,
      Unit: definition.unit,
      hasReason: definition.hasReason ?? false,
    });
    const values = [line[Name]].flat();
    expect(values.length, Name).toBeLessThanOrEqual(100);
    for (const value of values) expect(Number.isFinite(value), `${Name} ${value}`).toBe(true);
  }
  const members = ['_aws', ...(Dimensions[0] ?? []), ...Metrics.map(({ Name }) => Name)];
  expect(Object.keys(line).sort()).toEqual([...members].sort());
}

/** The lines among what was written that hold metrics. */
export function emfLinesIn(output: string): EmfLine[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{"_aws"'));
  return lines.map((line) => JSON.parse(line) as EmfLine);
}

/** The values of a metric in these lines, with a reason or without one. */
export function valuesIn(lines: readonly EmfLine[], name: MetricName, reason?: string): number[] {
  return lines
    .filter((line) => line.Reason === reason)
    .flatMap((line) => (name in line ? [line[name] as number | number[]].flat() : []));
}
