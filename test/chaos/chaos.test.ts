import { expect, test } from 'vitest';
import { IS_LONG } from '../support/long.ts';
import { runChaos } from './chaos.ts';

/** Kills of drains, of Redis and of the server downstream, in turn, where there is one. */
const RUNS = [
  { producer: 'order-numbers', orders: 20_000, kills: 20 },
  { producer: 'webhook', orders: 1_000, kills: 8 },
  { producer: 'postgres', orders: 1_000, kills: 8 },
] as const;
const LONGER = IS_LONG ? 10 : 1;

test.for(RUNS)(
  'with $kills kills among $orders orders, $producer produces each order once and loses none',
  { timeout: 3_600_000 },
  async ({ producer, orders, kills }) => {
    const count = { orders: orders * LONGER, kills: kills * LONGER };
    const report = await runChaos({ ...count, seed: 11, producer });
    expect(report.faults, report.histories.join('\n')).toEqual([]);
    expect(report.wrong).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(count.orders / 2);
    const { drain, redis, behind } = report.kills;
    expect(drain + redis + behind).toBe(count.kills);
    expect([redis > 0, behind > 0]).toEqual([true, producer === 'postgres']);
    expect(report.faultsBehind > 0).toBe(producer !== 'order-numbers');
  },
);
