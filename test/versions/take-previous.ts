/**
 * Writes `previous-version.js` beside this file: the stores of a former commit with their scripts,
 * bundled into one file, so that a test can run them beside today's. It is kept in the repository,
 * as a clone for CI may not have that commit:
 *
 *   npx node test/versions/take-previous.ts <commit>
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../support/source-files.ts';

const [commit = ''] = process.argv.slice(2);
if (!/^[0-9a-f]{7,40}$/.test(commit)) {
  process.stderr.write('Usage: npx node test/versions/take-previous.ts <commit>\n');
  process.exit(2);
}

// Below the repository, so that its packages are found; a folder that git ignores.
const dir = mkdtempSync(path.join(ROOT, 'node_modules', '.previous-'));
try {
  const archive = execFileSync('git', ['archive', commit, 'lib'], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  });
  execFileSync('tar', ['-x', '-C', dir], { input: archive });
  const entry = path.join(dir, 'entry.ts');
  writeFileSync(
    entry,
    `export { connect } from './lib/redis/client.ts';
     export { keysWith } from './lib/redis/keys.ts';
     export { intakeStore } from './lib/redis/intake-store.ts';
     export { productionStore } from './lib/redis/production-store.ts';
     export { readStore } from './lib/redis/read-store.ts';
     export { cancelStore } from './lib/redis/cancel-store.ts';
     export { orderNumbers } from './lib/redis/order-numbers.ts';\n`,
  );
  await build({
    entryPoints: [entry],
    outfile: path.join(ROOT, 'test/versions/previous-version.js'),
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    absWorkingDir: dir,
    banner: { js: `// Made by \`node test/versions/take-previous.ts ${commit}\`. Do not edit.` },
  });
} finally {
  rmSync(dir, { recursive: true, force: true });
}
