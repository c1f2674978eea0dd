/** `npm run package:client`: makes an installable package of `lib/client/` in `dist/client/`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * One file that runs wherever `fetch` is, with zod in it, and the types beside it. They name zod's,
 * so zod is what the package depends on.
 *
 * @param dir  is emptied first
 * @returns the size of the code, bytes
 */
export function packageClient(dir: string): number {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const [code] = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['lib/client/client.ts'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // For Node alone esbuild leaves out what is imported of it and not used. Nothing else is.
    platform: 'node',
    write: false,
  }).outputFiles;
  if (code === undefined || /['"]node:/.test(code.text)) {
    throw new Error('The client must run without Node, and imports something of it.');
  }
  writeFileSync(path.join(dir, 'client.js'), code.text);
  execFileSync(
    process.execPath,
    ['node_modules/.bin/tsc', '-p', 'deploy/client.tsconfig.json', '--outDir', `${dir}/types`],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  writeFileSync(path.join(dir, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  copyFileSync(path.join(ROOT, 'docs/client.md'), path.join(dir, 'README.md'));
  copyFileSync(path.join(ROOT, 'LICENSE'), path.join(dir, 'LICENSE'));
  return code.contents.length;
}

function manifest() {
  const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  return {
    name: 'sluice-client',
    version: own.version,
    description: 'Typed client of Sluice, which takes orders in at the speed of Redis.',
    license: own.license,
    type: 'module',
    // The first with AbortSignal.any.
    engines: { node: '>=20.3' },
    exports: { '.': { types: './types/client/client.d.ts', default: './client.js' } },
    sideEffects: false,
    dependencies: { zod: own.dependencies.zod },
  };
}

if (import.meta.main) {
  const bytes = packageClient(path.join(ROOT, 'dist/client'));
  process.stdout.write(`dist/client: ${Math.round(bytes / 1024)} KB of code, and its types\n`);
}
