/**
 * `npm run bench`: how fast Sluice is, each figure beside what it is held against.
 * `npm run bench -- drain cold-start` measures these alone.
 */
import { coldStart } from './cold-start.ts';
import { deepQueue } from './deep-queue.ts';
import { drainRate } from './drain.ts';
import { rush } from './rush.ts';
import { rushForStock } from './rush-stock.ts';
import { scriptTimes } from './scripts.ts';
import { submitBatches, submitTime } from './submit.ts';

const MEASUREMENTS: Readonly<Record<string, () => Promise<string>>> = {
  drain: drainRate,
  'submit-batch': submitBatches,
  submit: submitTime,
  'deep-queue': deepQueue,
  'cold-start': coldStart,
  rush,
  'rush-stock': rushForStock,
  scripts: scriptTimes,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MEASUREMENTS);
const unknown = names.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no measurement called ${unknown.join(', ')}. There are ${Object.keys(MEASUREMENTS).join(', ')}.\n`,
  );
  process.exit(2);
}
process.stdout.write(
  'Compare figures of one run only: what a machine makes depends on what else it does.\n' +
    'Figures are medians; ratios are the median of the rounds, and the lowest and the highest.\n',
);
for (const name of names) process.stdout.write(`\n${await MEASUREMENTS[name]?.()}\n`);
process.exit(process.exitCode);
