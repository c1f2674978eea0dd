import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ROOT } from '../support/source-files.ts';

/**
 * `npm start` in a folder of its own, on a free port.
 *
 * @returns once it is ready: its address, and the environment that it prints for `sluice reconcile`
 */
export async function start(dir: string, args: string[] = []) {
  const child = spawn(process.execPath, [`${ROOT}/local/start.ts`, ...args], {
    cwd: dir,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const printed = linesOf(child);
  const [, url = ''] = await printed.match(/ready at (\S+)/);
  const { input } = await printed.match(/UPSTASH_REDIS_REST_TOKEN=/);
  const variables = input.matchAll(/(UPSTASH_\w+)=(\S+)/g);
  const redis = Object.fromEntries(
    [...variables].map(([, name = '', value = '']): [string, string] => [name, value]),
  );
  return { child, url, redis, printed };
}

/** What a process prints; `match` settles with the first line that matches, printed or to come. */
function linesOf(child: ChildProcess) {
  const lines: string[] = [];
  const waiting: { pattern: RegExp; resolve: (match: RegExpExecArray) => void }[] = [];
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', () => reject(new Error(`It ended: ${lines.join('\n')}`)));
  });
  ended.catch(() => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const { pattern, resolve } of waiting) {
        const match = pattern.exec(line);
        if (match) resolve(match);
      }
    });
  }
  return {
    match(pattern: RegExp): Promise<RegExpExecArray> {
      for (const line of lines) {
        const match = pattern.exec(line);
        if (match) return Promise.resolve(match);
      }
      const found = new Promise<RegExpExecArray>((resolve) => waiting.push({ pattern, resolve }));
      return Promise.race([found, ended]);
    },
  };
}
