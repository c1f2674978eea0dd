/**
 * `npm run bench:scale`: whether Sluice works with millions of orders in one database, and how long
 * Redis itself takes for each script then. `npm run bench:scale -- 300000 100000 50000` loads fewer:
 * kept, waiting and scheduled ones. It needs about 1.5 KB of memory for each order.
 */

import { rounded } from './figures.ts';
import { deepBesideEmpty } from './scale/beside-empty.ts';
import { fill } from './scale/load.ts';
import { type OwnTime, timedStore } from './scale/own-time.ts';
import { largestKeys } from './scale/sizes.ts';
import { storeOf } from './scale/store.ts';
import { workOver } from './scale/work.ts';
import { startServer } from './servers.ts';

const KEY_BYTES_MAX = 75 * 1024 * 1024;
const SCRIPT_MS_MAX = 5;
const RATIO_MAX = 1.2;

const [kept = 3_000_000, waiting = 1_000_000, scheduled = 500_000] = process.argv
  .slice(2)
  .map(Number);
const faults: string[] = [];
const tell = (line: string) => process.stdout.write(`${line}\n`);

const server = await startServer();
const timed = await timedStore(server.admin, 'full:');
try {
  const { store } = timed;
  const nowMs = Date.now();
  const dropAtMs = await fill(server.admin, store.keys, { kept, waiting, scheduled }, nowMs);
  const amounts = [kept, waiting, scheduled].map((count) => rounded(count));
  tell(`${amounts[0]} orders kept, ${amounts[1]} waiting, ${amounts[2]} scheduled.`);

  tell('\nThe largest keys');
  const sizes = await largestKeys(store, timed.bytesOf);
  for (const { key, bytes } of sizes.slice(0, 6)) {
    tell(`  ${rounded(bytes / 1024 / 1024, 1).padStart(6)} MiB  ${key}`);
  }
  const [largest] = sizes;
  if (largest !== undefined && largest.bytes > KEY_BYTES_MAX) {
    faults.push(`${largest.key} has more than ${rounded(KEY_BYTES_MAX / 1024 / 1024)} MiB`);
  }

  tell('\nBeside an empty database, in turn');
  for (const { name, ratio, line } of await deepBesideEmpty(
    storeOf(server, 'full:'),
    storeOf(server, 'empty:'),
  )) {
    tell(`  ${line}`);
    if (ratio > RATIO_MAX) faults.push(`${name} takes ${rounded(ratio, 2)} times as long`);
  }

  for (const { title, run } of workOver(store, { nowMs, dropAtMs })) {
    const { said, times, billed } = await timed.of(run);
    tell(`\n${title}: ${said}; ${rounded(billed)} commands billed`);
    for (const time of times) tell(lineOf(time));
    faults.push(...times.filter(isSlow).map((time) => `${title}: ${time.name} was slow`));
  }
} finally {
  await server.stop();
}
for (const fault of faults) tell(`WRONG: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

function lineOf({ name, calls, medianMs, worstMs }: OwnTime): string {
  const [middle, worst] = [medianMs, worstMs].map((ms) => rounded(ms, 2));
  return `  ${name.padEnd(16)} ${String(calls).padStart(6)} calls, ${middle} ms of Redis each, ${worst} at worst`;
}

/** One slow call may be the machine's; half of them are the script's. */
function isSlow({ medianMs }: OwnTime): boolean {
  return medianMs > SCRIPT_MS_MAX;
}
