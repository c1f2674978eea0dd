import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { alias, define } from '../deploy/bundle.ts';
import { readStage } from '../deploy/stage.ts';
import { median, rounded } from './figures.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 15;
const FUNCTIONS = ['submit-order', 'get-order', 'stats', 'drain-queue'];

/** Size and first import of each bundle, beside `@upstash/redis` bundled alone. */
export async function coldStart(): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  try {
    const alone = path.join(dir, 'redis.mjs');
    await bundle({ contents: "export { Redis } from '@upstash/redis';", resolveDir: ROOT }, alone);
    const bundles = await Promise.all(FUNCTIONS.map((name) => bundleFunction(dir, name)));
    const times = new Map<string, number[]>([alone, ...bundles].map((file) => [file, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [file, all] of times) all.push(importMs(file));
    }
    const base = median(times.get(alone) ?? []);
    const rows = [...times].map(([file, all]) => {
      const kilobytes = statSync(file).size / 1024;
      const name = path.basename(file, '.mjs').padEnd(14);
      const ratio = median(all) / base;
      return `  ${name} ${rounded(kilobytes)} KB, ${rounded(median(all), 1)} ms, ${rounded(ratio, 2)}`;
    });
    return [
      `cold start: bundle, first import, ratio to @upstash/redis alone; ${ROUNDS} processes each`,
      ...rows,
    ].join('\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function bundleFunction(dir: string, name: string): Promise<string> {
  const outfile = path.join(dir, `${name}.mjs`);
  const contents = `export * from './functions/${name}.ts';`;
  await bundle({ contents, resolveDir: ROOT }, outfile);
  return outfile;
}

/** As `serverless.yml` has its functions bundled. */
async function bundle(stdin: { contents: string; resolveDir: string }, outfile: string) {
  const stage = readStage('dev', { env: {}, dir: ROOT });
  await build({
    stdin,
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    define: define(stage),
    alias: alias(stage),
  });
}

function importMs(file: string): number {
  const script = `const t = performance.now(); await import(${JSON.stringify(file)});
    process.stdout.write(String(performance.now() - t));`;
  const env = {
    PATH: process.env.PATH,
    UPSTASH_REDIS_REST_URL: 'https://localhost',
    UPSTASH_REDIS_REST_TOKEN: 'x',
    SLUICE_API_KEYS: JSON.stringify([
      { client: 'bench', scopes: ['orders:read'], sha256: '0'.repeat(64) },
    ]),
  };
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env });
  return Number(printed.toString());
}
