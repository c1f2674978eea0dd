import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * `npm run check`, the gate that every change passes: format, lint, types and the tests of every room, side
 * by side; with names of files, only their tests. Tests are shown as they run, what else is wrong below.
 */
const CHECKS = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['tsc', '--noEmit'],
  ['tsc', '--noEmit', '-p', 'console/page'],
] as const;

/** @returns what it printed, if it failed */
async function failureOf([command, ...args]: (typeof CHECKS)[number]): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void pieces.push(text));
  }
  const [code] = await once(child, 'close');
  return code === 0 ? undefined : `\n${[command, ...args].join(' ')}\n${pieces.join('')}`;
}

const only = process.argv.slice(2);
const tests = spawn('vitest', ['run', '--project', 'unit', ...only], { stdio: 'inherit' });
const [[code], ...failures] = await Promise.all([once(tests, 'close'), ...CHECKS.map(failureOf)]);
const told = failures.filter((failure) => failure !== undefined);
process.stderr.write(told.join(''));
process.exitCode = told.length > 0 ? 1 : (code ?? 1);
