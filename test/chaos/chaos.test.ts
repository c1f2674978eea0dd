import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

test('orders submitted and drained while drains and Redis are killed are all there, each once', async () => {
  const report = await runChaos({ orders: 500, kills: 6, seed: 11, producer: 'order-numbers' });
  expect(report.faults, report.histories.join('\n')).toEqual([]);
  expect(report.wrong).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(250);
  expect(report.kills).toEqual({ drain: 4, redis: 2, behind: 0 });
}, 300_000);
