import { expect, test } from 'vitest';
import { emfMetrics } from '../../lib/metrics/emf.ts';
import { METRICS, type MetricName } from '../../lib/metrics/metric-names.ts';
import { isShown } from '../../local/emulation.ts';

test('npm start shows the logs of functions and what is wrong, and no metrics', () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const metrics = emfMetrics({ stage: 'dev', now: Date.now, write });
  for (const name of Object.keys(METRICS)) metrics.measure(name as MetricName, 1);
  metrics.flush();
  expect(lines.join('')).toMatch(/RedisErrors/);
  for (const line of lines) expect(isShown(line, true)).toBe(false);
  expect(isShown('{"time":"2026-11-22T13:37:00.000Z","level":"info"}', false)).toBe(true);
  expect(isShown('✖ Error: no such file', true)).toBe(true);
  expect(isShown('Offline [http for lambda] listening', true)).toBe(false);
});
