import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ROOT } from '../support/source-files.ts';

/** A folder of the test's own, which PostgreSQL can read although it does not run as root. */
export function freshFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-start-'));
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** `npm start` in a folder, on a free port; resolves once it is ready. */
export async function start(dir: string, args: string[] = []) {
  const child = spawn(process.execPath, [`${ROOT}/local/start.ts`, ...args], {
    cwd: dir,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  async function stop(signal: NodeJS.Signals): Promise<number> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode ?? -1;
  }
  onTestFinished(() => void stop('SIGTERM'));
  let printed = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      printed += `${line}\n`;
      for (const look of waiting) look();
    });
  }
  /** The first match in what is printed, now or later. */
  function match(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(printed);
        if (found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      child.once('exit', () => reject(new Error(`It ended: ${printed}`)));
      waiting.add(look);
      look();
    });
  }
  const [, url = ''] = await match(/ready at (\S+)/);
  const { input } = await match(/UPSTASH_REDIS_REST_TOKEN=\S+/);
  const variables = [...input.matchAll(/(UPSTASH_\w+)=(\S+)/g)];
  const redis = Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value]));
  return { url, redis, match, stop };
}
