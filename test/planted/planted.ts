/**
 * `npm run planted`: plants each bug of `test/planted` in a copy of the project and shows which test
 * catches it. Fails where one is not caught.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/source-files.ts';
import { type Patch, readPatches } from './patches.ts';

const USAGE = `Usage: npm run planted [-- NAME …]

Plants bugs in a copy of the project, one at a time, and runs the tests that must catch each.
Without a NAME, all of test/planted/*.patch.
`;

/** The files that git knows or would add, with this machine's node_modules. */
function copyOfProject(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-planted-'));
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of listed.split('\n').filter((name) => name !== '')) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(dir, file));
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'));
  return dir;
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The first test of a file that fails; nothing where all pass. */
function failingTest(dir: string, test: string): string | undefined {
  const output = path.join(dir, 'report.json');
  const flags = ['run', '--bail', '1', '--reporter', 'json', '--outputFile', output, test];
  const { status, stderr } = spawnSync('node_modules/.bin/vitest', flags, {
    cwd: dir,
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find((result) => result.status === 'failed');
  const [message] = testResults.map((result) => result.message).filter((text) => text !== '');
  const what = failed?.fullName.trim() ?? message?.split('\n')[0];
  if (what === undefined) throw new Error(`${test} did not run:\n${stderr}`);
  return what;
}

/** A line for each test that must catch the bug. */
function tryOut(dir: string, { path: patch, tests }: Patch): { line: string; isCaught: boolean }[] {
  const git = (...flags: string[]) => execFileSync('git', ['apply', ...flags, patch], { cwd: dir });
  const generate = () =>
    execFileSync(process.execPath, ['lib/redis/scripts/generate.ts'], { cwd: dir });
  git();
  try {
    generate();
    return tests.map((test) => {
      const failed = failingTest(dir, test);
      const line = failed === undefined ? `NOT CAUGHT by ${test}` : `caught by ${test}: ${failed}`;
      return { line, isCaught: failed !== undefined };
    });
  } finally {
    git('--reverse');
    generate();
  }
}

function main(): number {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const all = readPatches();
  const unknown = positionals.filter((name) => !all.some((patch) => patch.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no test/planted/${unknown[0]}.patch.\n`);
    return 2;
  }
  const chosen = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const dir = copyOfProject();
  let missed = 0;
  try {
    for (const [at, patch] of chosen.entries()) {
      process.stdout.write(`${at + 1}/${chosen.length} ${patch.name}: ${patch.sentence}\n`);
      for (const { line, isCaught } of tryOut(dir, patch)) {
        process.stdout.write(`  ${line}\n`);
        if (!isCaught) missed += 1;
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  process.stdout.write(missed === 0 ? 'All were caught.\n' : `${missed} were not caught.\n`);
  return missed === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
