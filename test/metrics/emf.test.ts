import { expect, test } from 'vitest';
import { emfMetrics } from '../../lib/metrics/emf.ts';
import { METRICS, type MetricDefinition, type MetricName } from '../../lib/metrics/metric-names.ts';
import { NOW_MS } from '../support/orders.ts';
import { emfLinesIn, expectValid, valuesIn } from './emf-lines.ts';

function written(note: (metrics: ReturnType<typeof emfMetrics>) => void) {
  const output: string[] = [];
  const write = (line: string) => void output.push(line);
  const metrics = emfMetrics({ stage: 'test', now: () => NOW_MS, write });
  note(metrics);
  for (const line of output) expect(line.endsWith('\n')).toBe(true);
  const lines = emfLinesIn(output.join(''));
  expect(lines).toHaveLength(output.length);
  for (const line of lines) expectValid(line, 'test');
  return lines;
}

test('every metric of the list is written as the format asks for', () => {
  const lines = written(({ measure, flush }) => {
    for (const [name, { hasReason }] of Object.entries<MetricDefinition>(METRICS)) {
      measure(name as MetricName, 7, hasReason && 'queue-full');
    }
    flush();
  });
  expect(lines).toHaveLength(2);
  for (const [name, { hasReason }] of Object.entries<MetricDefinition>(METRICS)) {
    expect(valuesIn(lines, name as MetricName, hasReason && 'queue-full')).toEqual([7]);
  }
});

test('a line has the time of the clock that was given', () => {
  const [line] = written(({ measure, flush }) => {
    measure('OrdersDead', 1);
    flush();
  });
  expect(line?._aws.Timestamp).toBe(NOW_MS);
});

test('sums are added up, and of the others each value counts', () => {
  const lines = written(({ measure, flush }) => {
    for (const value of [3, 0, 4]) measure('OrdersProduced', value);
    for (const value of [3, 0, 4]) measure('BatchSize', value);
    flush();
  });
  expect(lines).toHaveLength(1);
  expect(valuesIn(lines, 'OrdersProduced')).toEqual([7]);
  expect(valuesIn(lines, 'BatchSize')).toEqual([3, 0, 4]);
});

test('each reason has a line of its own, as it is a dimension', () => {
  const lines = written(({ measure, flush }) => {
    measure('Refused', 1, 'queue-full');
    measure('Refused', 2, 'invalid-order');
    measure('Refused', 1, 'queue-full');
    measure('RedisErrors', 1);
    flush();
  });
  expect(lines).toHaveLength(3);
  expect(valuesIn(lines, 'Refused', 'queue-full')).toEqual([2]);
  expect(valuesIn(lines, 'Refused', 'invalid-order')).toEqual([2]);
  expect(valuesIn(lines, 'RedisErrors')).toEqual([1]);
});

test('more values than a line takes are on several lines, in their order, and none is lost', () => {
  const values = Array.from({ length: 500 }, (_, at) => at / 8);
  const lines = written(({ measure, flush }) => {
    measure('OrdersProduced', 500);
    for (const value of values) measure('OrderToProducedTime', value);
    flush();
  });
  expect(valuesIn(lines, 'OrderToProducedTime')).toEqual(values);
  expect(valuesIn(lines, 'OrdersProduced')).toEqual([500]);
});

test('what was written is not written again, and nothing is written of nothing', () => {
  const lines = written(({ measure, flush }) => {
    flush();
    measure('OrdersProduced', 0);
    measure('OldestOrderAge', Number.NaN);
    flush();
    measure('OrdersProduced', 1);
    flush();
    flush();
  });
  expect(valuesIn(lines, 'OrdersProduced')).toEqual([1]);
  expect(lines).toHaveLength(1);
});
