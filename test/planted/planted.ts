/**
 * `npm run planted`: plants each bug of `test/planted` in a copy of the project and shows which test
 * catches it. Fails where one is not caught, or where a test fails without any bug.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/source-files.ts';
import { type Patch, readPatches } from './patches.ts';

const USAGE = `Usage: npm run planted [-- NAME …]

Plants bugs in a copy of the project, one at a time, and runs the test that must catch each.
Without a NAME, all of test/planted/*.patch.
`;

/** The files that git knows or would add, with this machine's node_modules. */
function copyOfProject(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-planted-'));
  const flags = ['ls-files', '-co', '--exclude-standard'];
  const listed = execFileSync('git', flags, { cwd: ROOT, encoding: 'utf8' });
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

/** The first test of some files that fails; nothing where all pass. */
function failingTest(dir: string, tests: readonly string[]): string | undefined {
  const output = path.join(dir, 'report.json');
  rmSync(output, { force: true });
  const flags = ['run', '--bail', '1', '--reporter', 'json', '--outputFile', output, ...tests];
  const options = { cwd: dir, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('node_modules/.bin/vitest', flags, options);
  if (status === 0) return undefined;
  if (!existsSync(output)) throw new Error(`vitest wrote no report:\n${stderr}`);
  const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.find((result) => result.status === 'failed')?.fullName.trim();
  if (failed === undefined) throw new Error(`${tests} did not run:\n${stderr}`);
  return failed;
}

/** @returns the test that fails for the bug */
function tryOut(dir: string, { path: patch, test }: Patch): string | undefined {
  const git = (...flags: string[]) => execFileSync('git', ['apply', ...flags, patch], { cwd: dir });
  const generate = () => execFileSync(process.execPath, ['lib/store/generate.ts'], { cwd: dir });
  git();
  try {
    generate();
    return failingTest(dir, [test]);
  } finally {
    git('--reverse');
    generate();
  }
}

function main(names: readonly string[]): number {
  const all = readPatches();
  const unknown = names.filter((name) => !all.some((patch) => patch.name === name));
  if (unknown.length > 0) {
    process.stdout.write(names.includes('--help') ? USAGE : `There is no ${unknown[0]}.patch.\n`);
    return names.includes('--help') ? 0 : 2;
  }
  const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const dir = copyOfProject();
  const missed: string[] = [];
  try {
    // A test that fails anyway catches nothing.
    const failing = failingTest(dir, [...new Set(chosen.map(({ test }) => test))]);
    if (failing !== undefined) {
      process.stdout.write(`This fails without any bug: ${failing}\n`);
      return 1;
    }
    for (const [at, patch] of chosen.entries()) {
      process.stdout.write(`${at + 1}/${chosen.length} ${patch.name}: ${patch.sentence}\n`);
      const failed = tryOut(dir, patch);
      if (failed === undefined) missed.push(patch.name);
      const by = failed === undefined ? `NOT CAUGHT by ${patch.test}` : `caught by: ${failed}`;
      process.stdout.write(`  ${by}\n`);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  process.stdout.write(missed.length === 0 ? 'All were caught.\n' : `Not caught: ${missed}\n`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
