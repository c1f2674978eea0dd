import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bullmqCounts } from '../../bench/bullmq.ts';
import { sluiceCounts } from '../../bench/command-counts.ts';
import { linesThrough } from '../../cli/cost/designs.ts';
import measured from '../../cli/cost/measured.json' with { type: 'json' };
import { ROOT } from '../support/source-files.ts';

/**
 * The daily pass looks at some orders by chance, and how Redis cuts its scans into pages is by chance
 * too: so far it may be off.
 */
const SCANS_VARY_BY = 0.15;

test('what the cost is reckoned with is what Redis counts', async () => {
  const { passOverThousand, passOverFourThousand, passWithStock, ...exact } = await sluiceCounts();
  const { passOverThousand: thousand, passOverFourThousand: four, ...others } = measured.sluice;
  const { passWithStock: withStock, ...known } = others;
  expect(known).toEqual(exact);
  expect(Math.abs(passOverThousand / thousand - 1)).toBeLessThan(SCANS_VARY_BY);
  expect(Math.abs(passOverFourThousand / four - 1)).toBeLessThan(SCANS_VARY_BY);
  expect(Math.abs(passWithStock - withStock)).toBeLessThan(thousand * SCANS_VARY_BY);
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
