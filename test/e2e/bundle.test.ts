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

test.each([
  ['SLUICE_RATE_LIMIT', '600', /rate-?limit/],
  ['SLUICE_WAKE_INTERVAL_MS', '500', /lib\/intake\/wake\.ts/],
  ['SLUICE_JWT_ISSUER', 'https://id.example', /lib\/http\/token-callers\.ts/],
])('a bundle has the code that %s needs only if that is set', async (name, value, code) => {
  const count = async (variables: Record<string, string>) =>
    (await filesOf(variables)).filter((file) => code.test(file)).length;
  expect(await count({})).toBe(0);
  expect(await count({ [name]: value })).toBeGreaterThan(0);
});

test('a bundle has what writes metrics unless they are off, and no definitions of answers', async () => {
  expect(await filesOf({})).toContain('lib/metrics/emf.ts');
  const files = await filesOf({ SLUICE_METRICS: 'off' });
  expect(files).not.toContain('lib/metrics/emf.ts');
  expect(files).not.toContain('lib/contract/schemas.ts');
});

test('what the Postgres producer puts in front of each bundle breaks none of them', async () => {
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
