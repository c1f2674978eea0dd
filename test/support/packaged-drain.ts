import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { alias, banner, define } from '../../deploy/bundle.ts';
import { readStage } from '../../deploy/stage.ts';
import { ROOT } from './source-files.ts';

/**
 * The bundle of the drain as `serverless.yml` has it made, with one of Sluice's producers.
 *
 * @returns how to run a drain of it in a process of its own, and the files that it is made of
 */
export async function packagedDrain(producer: string) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-drain-'));
  const outfile = path.join(dir, 'drain-queue.mjs');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/drain-queue.ts'],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    ...bundleOptions(producer),
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output?.inputs ?? {});
  const script = `const { handler } = await import(${JSON.stringify(outfile)});
    await handler({ slot: Number(process.argv[1]) }, { awsRequestId: 'drain', getRemainingTimeInMillis: () => 60_000 });`;
  return {
    bytes: output?.bytes ?? 0,
    files: files.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    /** Drains a slot; the process ends by itself when the drain has ended. */
    run: (env: Readonly<Record<string, string>>, slot = 0) =>
      spawn(process.execPath, ['--input-type=module', '-e', script, String(slot)], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** What esbuild is told where this producer is chosen. */
export function bundleOptions(producer: string): Pick<BuildOptions, 'define' | 'alias' | 'banner'> {
  const env = { ...process.env, SLUICE_PRODUCER: producer };
  const stage = readStage('dev', { env, dir: ROOT });
  return { define: define(stage), alias: alias(stage), banner: { ...banner(stage) } };
}
