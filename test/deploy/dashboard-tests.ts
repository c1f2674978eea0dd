import { expect, test } from 'vitest';
import { METRICS, NAMESPACE } from '../../lib/metrics/metric-names.ts';
import { resourcesOf, type Template } from './template.ts';
import { VARIANTS, type Variant } from './variants.ts';

interface Widget {
  readonly type: 'alarm' | 'metric' | 'text';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

const VARIANT_NAMES = Object.keys(VARIANTS) as Variant[];

/** The widgets, with each thing that CloudFormation puts in by its name. */
function widgetsOf(template: Template): Widget[] {
  const [[, { Properties }] = expect.fail()] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
  const { 'Fn::Sub': text } = Properties.DashboardBody as { 'Fn::Sub': string };
  return JSON.parse(text.replace(/\$\{([^}]+)\}/g, '$1')).widgets;
}

const cellsOf = ({ x, y, width, height }: Widget) =>
  Array.from(
    { length: width * height },
    (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`,
  );

const metricsOf = (template: Template) =>
  widgetsOf(template).flatMap(({ properties }) => properties.metrics ?? []);

export function testDashboard(templateOf: (variant: Variant) => Template): void {
  test.each(VARIANT_NAMES)(
    'packaged %s, its widgets fill rows of 24, and none covers another',
    (variant) => {
      const widgets = widgetsOf(templateOf(variant));
      const cells = widgets.flatMap(cellsOf);
      expect(new Set(cells).size).toBe(cells.length);
      const height = Math.max(...widgets.map(({ y, height }) => y + height));
      expect(cells).toHaveLength(24 * height);
      for (const { x, width, properties } of widgets) {
        expect(x + width).toBeLessThanOrEqual(24);
        expect(Number.isInteger(x) && Number.isInteger(width), properties.title).toBe(true);
      }
    },
  );

  test('it shows every metric that there is, each as it is written', () => {
    const metrics = metricsOf(templateOf('with every option'));
    const own = metrics.filter(([namespace]) => namespace === NAMESPACE);
    for (const [, , ...dimensions] of own)
      expect(dimensions.slice(0, 2)).toEqual(['Stage', 'prod']);
    const text = JSON.stringify(metrics);
    const searched = /MetricName=\\"Refused\\" Stage=\\"prod\\"/.test(text) ? ['Refused'] : [];
    const shown = new Set([...own.map(([, name]) => name), ...searched]);
    expect([...shown].sort()).toEqual(Object.keys(METRICS).sort());
  });

  test('it shows every alarm, and stays among those that cost nothing', () => {
    for (const variant of VARIANT_NAMES) {
      const [
        {
          properties: { alarms = [] },
        } = expect.fail(),
      ] = widgetsOf(templateOf(variant));
      const all = resourcesOf(templateOf(variant), 'AWS::CloudWatch::Alarm').map(
        ([id]) => `${id}.Arn`,
      );
      expect(alarms.toSorted()).toEqual(all.toSorted());
      const metrics = metricsOf(templateOf(variant)).map((metric) =>
        JSON.stringify(metric.filter((part) => typeof part === 'string')),
      );
      expect(new Set(metrics).size).toBeLessThanOrEqual(50);
    }
  });

  test('where metrics are off it shows none of ours', () => {
    const metrics = metricsOf(templateOf('with nothing that runs by itself'));
    expect(metrics.length).toBeGreaterThan(10);
    expect(JSON.stringify(metrics)).not.toContain(`"${NAMESPACE}"`);
  });
}
