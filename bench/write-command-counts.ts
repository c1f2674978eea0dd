/**
 * `node bench/write-command-counts.ts` measures what Sluice and BullMQ cost in billed commands and
 * writes it where `npm run sluice -- cost` reads it. `test/cost` measures again, and fails where the
 * file is no longer true. `npm run format` after it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { bullmqCounts } from './bullmq.ts';
import { sluiceCounts } from './command-counts.ts';

const FILE = new URL('../cli/cost/measured.json', import.meta.url);

const { dependencies, devDependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const versions: Record<string, string> = { ...dependencies, ...devDependencies };

const measured = {
  measuredOn: new Date().toISOString().slice(0, 10),
  measuredWith: ['@upstash/redis', '@upstash/lock', 'bullmq'].map(
    (name) => `${name} ${versions[name]}`,
  ),
  sluice: await sluiceCounts(),
  bullmq: await bullmqCounts({ jobs: 1_000, idleMs: 60_000 }),
};
writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
process.exit(0);
