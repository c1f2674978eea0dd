/** `npm run proof`: what takes longer than a contributor waits for, one after the other. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ROOT } from './support/source-files.ts';

const USAGE = `Usage: npm run proof [-- --long]

Runs the simulation, the crashes and the other rigs, then kills under load, then the planted bugs, and stops
at the first that fails. --long runs what stands in docs/guarantees.md: more seeds, all pairs of crashes,
and 1,000,000 orders under 500 kills. It takes hours.
`;

/** Each with its arguments. */
function parts(isLong: boolean): readonly (readonly string[])[] {
  const kills = isLong ? ['--orders', '1000000', '--kills', '500'] : [];
  return [
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'proof'],
    ['test/chaos/run.ts', ...kills],
    ['test/planted/planted.ts'],
  ];
}

function main(): number {
  const { values } = parseArgs({
    options: {
      long: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const env = { ...process.env, ...(values.long && { SLUICE_PROOF: 'long' }) };
  for (const part of parts(values.long)) {
    const { status } = spawnSync(process.execPath, part, { cwd: ROOT, env, stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

process.exitCode = main();
