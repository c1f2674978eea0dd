import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { pretendServer } from '../support/pretend-server.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the command as an operator does, with no more of the environment than it needs. */
export function start(args: readonly string[], env: Record<string, string>, input = '') {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, ['run.js', 'cli/sluice.ts', ...args], {
    env: { PATH, NODE_COMPILE_CACHE, ...env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  child.stdin.end(input);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, out, err }));
  });
  return { child, ended };
}

/** A pretend server, and the environment of a command that calls it. */
export async function startedServer(answering: Parameters<typeof pretendServer>[0]) {
  const { url, received } = await pretendServer(answering);
  return { env: { SLUICE_URL: url.href, SLUICE_KEY: 'local-shop-key' }, received };
}
