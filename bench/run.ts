/**
 * `npm run bench`: what Sluice costs in time, each figure beside what it is held against.
 * `npm run bench -- drain-rate cold-start` measures these alone.
 */
import { coldStart } from './cold-start.ts';
import { coldStartZips } from './cold-start-zips.ts';
import { deepQueue } from './deep-queue.ts';
import { drainRate } from './drain-rate.ts';
import { memoryUse } from './memory.ts';
import { postgresRate } from './postgres.ts';
import { submitTime } from './submit-time.ts';

const MEASUREMENTS: Readonly<Record<string, () => Promise<string>>> = {
  'drain-rate': drainRate,
  postgres: postgresRate,
  'submit-time': submitTime,
  'deep-queue': deepQueue,
  'cold-start': coldStart,
  'cold-start-zips': coldStartZips,
  memory: memoryUse,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MEASUREMENTS);
const unknown = names.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no ${unknown.join(', ')}, only: ${Object.keys(MEASUREMENTS).join(', ')}\n`,
  );
  process.exit(1);
}
process.stdout.write(
  'Ratios within one run; absolute figures depend on the machine. Medians of several rounds.\n',
);
for (const name of names) process.stdout.write(`\n${await MEASUREMENTS[name]?.()}\n`);
