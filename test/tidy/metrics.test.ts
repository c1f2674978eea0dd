import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alarmsOf } from '../../deploy/alarms.ts';
import { readStage } from '../../deploy/stage.ts';
import { emfMetrics } from '../../lib/metrics/emf.ts';
import {
  METRICS,
  type MetricDefinition,
  type MetricName,
  NAMESPACE,
} from '../../lib/metrics/metric-names.ts';
import { ROOT, sourceFiles } from '../support/source-files.ts';

const RUNBOOK = readFileSync(`${ROOT}/docs/runbook.md`, 'utf8');
const sources = sourceFiles(['lib', 'functions'], '.ts');

/** The alarms of a stage with every option. */
const env = { SLUICE_EVENTS_URL: 'https://shop.example/', SLUICE_COMMANDS_PER_MONTH: '500000' };
const ALARMS = Object.entries(alarmsOf(readStage('dev', { env, dir: ROOT })));

test('each metric of the list is measured somewhere, and nothing else is', () => {
  const measured = sources.flatMap(({ text }) =>
    [...text.matchAll(/\bmeasure\(\s*'(\w+)'/g)].map(([, name = '']) => name),
  );
  expect([...new Set(measured)].sort()).toEqual(Object.keys(METRICS).sort());
});

test('the runbook has each metric with its unit, and no other', () => {
  const rows = [...RUNBOOK.matchAll(/^\| `([A-Z]\w+)` \| (\w+) \| .+ \|$/gm)];
  const told = rows.map(([, name = '', unit = '']) => [name, unit]);
  const must = Object.entries<MetricDefinition>(METRICS).map(([name, { unit }]) => [name, unit]);
  expect(told).toEqual(must);
});

test('the runbook has a section for each alarm, with what it means and what to do, and no other', () => {
  const [, alarms = ''] = RUNBOOK.split(/^## Alarms$/m);
  const sections = alarms.split(/^## /m)[0]?.split(/^### /m).slice(1) ?? [];
  const names = sections.map((section) => section.slice(0, section.indexOf('\n')));
  expect(names.toSorted()).toEqual(
    ALARMS.map(([name]) => name)
      .filter((name) => !/-\d$/.test(name))
      .toSorted(),
  );
  for (const section of sections)
    expect(section).toMatch(/\*\*Means\.\*\* .+\n.*\*\*Do\.\*\* .+\n/s);
  for (const [, link = ''] of RUNBOOK.matchAll(/\]\(#([\w-]+)\)/g)) expect(names).toContain(link);
});

test('each alarm on a metric of ours watches one that is written, under the dimension that it has', () => {
  const own = ALARMS.flatMap(([alarm, { metric }]) =>
    'Namespace' in metric && metric.Namespace === NAMESPACE ? [{ alarm, metric }] : [],
  );
  expect(own.length).toBeGreaterThan(5);
  for (const { alarm, metric } of own) {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const metrics = emfMetrics({ stage: 'dev', now: () => 1_795_354_620_000, write });
    metrics.measure(metric.MetricName as MetricName, 1);
    metrics.flush();
    const { CloudWatchMetrics } = JSON.parse(lines[0] ?? '{}')._aws;
    // deploy/alarms.ts asks for all of them under the stage alone.
    expect(CloudWatchMetrics, alarm).toMatchObject([
      { Namespace: NAMESPACE, Dimensions: [['Stage']] },
    ]);
    const definition: MetricDefinition = METRICS[metric.MetricName as MetricName];
    expect(definition?.hasReason, alarm).toBeUndefined();
  }
});
