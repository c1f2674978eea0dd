import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from '@upstash/redis';
import { expect, onTestFinished, test } from 'vitest';
import { stackForTest } from './stack.ts';

const COMMAND = path.resolve(import.meta.dirname, '../../local/upstash.ts');

function run(...flags: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [COMMAND, ...flags]);
  onTestFinished(() => void child.kill('SIGTERM'));
  return child;
}

/** Runs the command to its end. */
async function result(...flags: string[]) {
  const child = run(...flags);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, exitCode };
}

/** Runs the command until it has said where it listens. */
async function started(...flags: string[]) {
  const child = run(...flags);
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const exported = Object.fromEntries(
    [...output.toString().matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
  const url: string = exported.UPSTASH_REDIS_REST_URL ?? '';
  const token: string = exported.UPSTASH_REDIS_REST_TOKEN ?? '';
  return { child, url, token, sdk: new Redis({ url, token, retry: { retries: 0 } }) };
}

test('it prints what to export, and serves the SDK', async () => {
  const { url, token, sdk } = await started('--port', '0', '--token', 'secret');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(token).toBe('secret');
  expect(await sdk.set('k', 'v')).toBe('OK');
});

test('without a token it makes one up', async () => {
  const { token, sdk } = await started('--port', '0');
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(await sdk.ping()).toBe('PONG');
});

test('it takes rules, and says at its end what would have been billed', async () => {
  const rules = '{"failure":{"of":"request","command":1,"error":"databaseFull","times":1}}';
  const { child, sdk } = await started('--port', '0', '--rules', rules);
  const output = text(child.stdout);
  await expect(sdk.set('k', 1)).rejects.toThrow('ERR DB capacity quota exceeded');
  await sdk.multi().set('k', 1).get('k').exec();
  child.kill('SIGTERM');
  expect(await output).toContain('Upstash would have billed 4 commands.\n');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it and its Redis, with exit code 0',
  async (signal) => {
    const { child, sdk } = await started('--port', '0');
    const info = await sdk.exec<string>(['INFO', 'server']);
    const redisPid = Number(/process_id:(\d+)/.exec(info)?.[1]);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(() => process.kill(redisPid, 0)).toThrow('ESRCH');
  },
);

test('with --data the data is there again after a restart', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const dir = path.join(root, 'data');
  const first = await started('--port', '0', '--data', dir);
  await first.sdk.set('k', 'kept');
  first.child.kill('SIGINT');
  await once(first.child, 'exit');
  const second = await started('--port', '0', '--data', dir);
  expect(await second.sdk.get('k')).toBe('kept');
  const third = await result('--port', '0', '--data', dir);
  expect(third.exitCode).toBe(1);
  expect(third.stderr).toMatch(/^upstash: .* is in use by redis-server \(pid \d+\)[^\n]*\n$/);
  second.child.kill('SIGINT');
  await once(second.child, 'exit');
  expect(existsSync(path.join(dir, 'sluice.lock'))).toBe(false);
});

test('a port that is taken is one clear message and exit code 1', async () => {
  const { upstash } = await stackForTest();
  const { port } = new URL(upstash.url);
  const { stderr, exitCode } = await result('--port', port);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `upstash: 127.0.0.1:${port} is in use: stop what listens there, or choose another --port\n`,
  );
});

test.each([
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--port', 'x'], '--port x is not a port'],
  [['--port', '70000'], '--port 70000 is not a port'],
  [['--token', ''], '--token is empty'],
  [['--data', ''], '--data is empty'],
  [['--rules', '{'], 'rules: not JSON'],
  [['--rules', '{"delayMs":-1}'], 'rules.delayMs: Too small'],
  [['extra'], "Unexpected argument 'extra'"],
])('%s is one clear message and exit code 2', async (flags, message) => {
  const { stdout, stderr, exitCode } = await result(...flags);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.split('\n')).toEqual([expect.stringContaining(message), '']);
});

test('--help says what there is, and starts nothing', async () => {
  const { stdout, exitCode } = await result('--help');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('--data DIR');
});

test('when its Redis dies it says so and ends with exit code 1', async () => {
  const { child, sdk } = await started('--port', '0');
  const info = await sdk.exec<string>(['INFO', 'server']);
  const stderr = text(child.stderr);
  process.kill(Number(/process_id:(\d+)/.exec(info)?.[1]), 'SIGKILL');
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await stderr).toMatch(/^upstash: redis-server \(pid \d+\) is gone/);
});
