import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { bundleOptions } from '../support/packaged-drain.ts';
import { ROOT } from '../support/source-files.ts';

/** The files that a bundle of submit-order is made of, where these variables are set. */
async function filesOf(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const { define } = bundleOptions('order-numbers');
  const defined = Object.keys(define ?? {}).map((name) => {
    const value = variables[name.replace('process.env.', '')] ?? '';
    return [name, JSON.stringify(value)] as const;
  });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/submit-order.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    define: Object.fromEntries(defined),
  });
  const [output] = Object.values(metafile.outputs);
  const entries = Object.entries(output?.inputs ?? {});
  return entries.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
}

test('a bundle has the limit of requests and its library only where a limit is set', async () => {
  const ofLimit = (files: string[]) => files.filter((file) => /rate-?limit/.test(file));
  expect(ofLimit(await filesOf({}))).toEqual([]);
  expect(ofLimit(await filesOf({ SLUICE_RATE_LIMIT: '600' }))).toHaveLength(2);
});

test('a bundle has the library of metrics unless they are off, and of waking and tokens what is used', async () => {
  const ofMetrics = (files: string[]) =>
    files.filter((file) => /powertools|metrics\/emf/.test(file));
  expect(ofMetrics(await filesOf({})).length).toBeGreaterThan(2);
  expect(ofMetrics(await filesOf({ SLUICE_METRICS: 'off' }))).toEqual([]);
  expect(await filesOf({})).not.toContain('lib/intake/wake.ts');
  expect(await filesOf({ SLUICE_WAKE_INTERVAL_MS: '500' })).toContain('lib/intake/wake.ts');
  const ofTokens = 'lib/http/token-callers.ts';
  expect(await filesOf({})).not.toContain(ofTokens);
  expect(await filesOf({ SLUICE_JWT_ISSUER: 'https://id.example' })).toContain(ofTokens);
});

test('the definitions of answers are in no bundle of a function', async () => {
  expect(await filesOf({})).not.toContain('lib/contract/schemas.ts');
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
