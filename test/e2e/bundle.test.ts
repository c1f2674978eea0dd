import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { bundleOptions } from '../support/packaged-drain.ts';
import { ROOT } from '../support/source-files.ts';

/** The files that a bundle of submit-order is made of, where a variable has this value. */
async function filesOf(rateLimit: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/submit-order.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    define: { 'process.env.SLUICE_RATE_LIMIT': JSON.stringify(rateLimit) },
  });
  const [output] = Object.values(metafile.outputs);
  const entries = Object.entries(output?.inputs ?? {});
  return entries.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
}

test('a bundle has the limit of requests and its library only where a limit is set', async () => {
  const ofLimit = (files: string[]) => files.filter((file) => /rate-?limit/.test(file));
  expect(ofLimit(await filesOf(''))).toEqual([]);
  expect(ofLimit(await filesOf('600'))).toHaveLength(2);
});

test('the definitions of answers are in no bundle of a function', async () => {
  expect(await filesOf('')).not.toContain('lib/contract/schemas.ts');
});

test('what a chosen producer puts in front of each bundle breaks none of them', async () => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'sluice-bundles-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/*.ts'],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    ...bundleOptions('postgres'),
  });
  const bundles = readdirSync(outdir).map((name) => path.join(outdir, name));
  expect(bundles).toHaveLength(readdirSync(`${ROOT}/functions`).length);
  for (const file of bundles) execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' });
});
