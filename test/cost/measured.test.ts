import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bullmqCounts } from '../../bench/bullmq-counts.ts';
import { sluiceCounts } from '../../bench/command-counts.ts';
import measured from '../../cli/cost/measured.json' with { type: 'json' };
import { linesThrough } from '../../cli/cost/sluice.ts';
import { ROOT } from '../support/source-files.ts';

/** What is not to the command the same each time: how far it may be off. */
const SAMPLED = { passOverTwoThousand: 20, passOverEightThousand: 20 };

test('what the cost is reckoned with is what Redis counts', async () => {
  const { passOverTwoThousand, passOverEightThousand, ...exact } = await sluiceCounts();
  expect(measured.sluice).toMatchObject(exact);
  const sampled = { passOverTwoThousand, passOverEightThousand };
  for (const [name, figure] of Object.entries(sampled)) {
    const known = measured.sluice[name as keyof typeof SAMPLED];
    expect(Math.abs(figure - known), name).toBeLessThanOrEqual(
      SAMPLED[name as keyof typeof SAMPLED],
    );
  }
  expect(Object.keys(measured.sluice).sort()).toEqual(Object.keys({ ...exact, ...sampled }).sort());
}, 60_000);

test('the lines through what was measured meet what they were not laid through', () => {
  const { submitOfOne, drainOfOne } = measured.sluice;
  const line = linesThrough(measured.sluice);
  expect(line.submit + line.submitOrder).toBe(submitOfOne);
  expect(line.drain + line.batch + line.order).toBe(drainOfOne);
});

test('a job of BullMQ costs what is held against Sluice', async () => {
  const { lifeOfOne } = await bullmqCounts({ jobs: 1_000, idleMs: 0 });
  expect(Math.abs(lifeOfOne / measured.bullmq.lifeOfOne - 1)).toBeLessThan(0.05);
}, 60_000);

test('what was measured was measured with the packages that are used', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(`${ROOT}/package.json`, 'utf8'),
  );
  for (const entry of measured.measuredWith) {
    const [name = '', version] = entry.split(' ');
    expect({ ...dependencies, ...devDependencies }[name], name).toBe(version);
  }
});
