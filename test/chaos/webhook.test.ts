import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

test('a receiver that fails in every way has each order once, whatever is killed meanwhile', async () => {
  const report = await runChaos({ orders: 300, kills: 5, seed: 12, producer: 'webhook' });
  expect(report.faults, report.histories.join('\n')).toEqual([]);
  expect(report.wrong).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(150);
  expect(report.kills).toEqual({ drain: 3, redis: 2, behind: 0 });
  expect(report.faultsBehind).toBeGreaterThan(0);
}, 300_000);
