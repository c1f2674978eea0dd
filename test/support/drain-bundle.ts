import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './packaged-drain.ts';
import { ROOT } from './source-files.ts';

/**
 * Bundles `drain-process.ts` with a producer as packaging does, into a folder without node_modules.
 *
 * @param producer  the value of SLUICE_PRODUCER
 * @returns the file, to be run by Node
 */
export async function bundleDrain(producer: string): Promise<string> {
  const { alias = {}, define = {} } = bundleOptions(producer);
  const outfile = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-bundle-')), 'drain.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/support/drain-process.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outfile,
    alias,
    define,
  });
  return outfile;
}
