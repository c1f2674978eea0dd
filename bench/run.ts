/** `npm run bench`: what Sluice costs in time, each figure beside what it is held against. */
import { coldStart } from './cold-start.ts';
import { deepQueue } from './deep-queue.ts';
import { drainRate } from './drain-rate.ts';
import { memoryUse } from './memory.ts';
import { postgresRate } from './postgres.ts';
import { submitTime } from './submit-time.ts';

process.stdout.write(
  'Ratios within one run; absolute figures depend on the machine. Medians of several rounds.\n',
);
for (const measure of [drainRate, postgresRate, submitTime, deepQueue, coldStart, memoryUse]) {
  process.stdout.write(`\n${await measure()}\n`);
}
