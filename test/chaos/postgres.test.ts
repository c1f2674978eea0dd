import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

test('PostgreSQL has each order once, though it is killed too, and its connections break', async () => {
  const report = await runChaos({ orders: 300, kills: 6, seed: 13, producer: 'postgres' });
  expect(report.faults, report.histories.join('\n')).toEqual([]);
  expect(report.wrong).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(150);
  expect(report.kills).toEqual({ drain: 2, redis: 2, behind: 2 });
  expect(report.faultsBehind).toBeGreaterThan(0);
}, 300_000);
