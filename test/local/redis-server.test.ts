import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { shareConnection } from '../../local/redis/connection.ts';
import { findRedisServer } from '../../local/redis/find-redis.ts';
import { type RedisServer, startRedisServer } from '../../local/redis/redis-server.ts';
import type { Reply } from '../../local/redis/resp.ts';

const MODULE = path.resolve(import.meta.dirname, '../../local/redis/redis-server.ts');

/** Above the largest pid that Linux gives out. */
const NO_PID = 2 ** 22 + 1;

async function start(options: { dir?: string } = {}): Promise<RedisServer> {
  const server = await startRedisServer(options);
  onTestFinished(server.stop);
  return server;
}

function dataDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return path.join(dir, 'deep', 'data');
}

async function ask(server: RedisServer, ...command: string[]): Promise<Reply | undefined> {
  const connection = shareConnection({ socketPath: server.socketPath });
  const [reply] = await connection.send([command]);
  connection.close();
  return reply;
}

async function setting(server: RedisServer, name: string): Promise<string> {
  const reply = await ask(server, 'CONFIG', 'GET', name);
  const value = reply?.kind === 'array' ? reply.items[1] : undefined;
  return value?.kind === 'bulk' ? value.bytes.toString() : 'no such setting';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A child of a process that died is a zombie until somebody asks for it.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Starts a Redis in a process of its own, which then does what `then` says. */
async function startElsewhere(then: string, dir?: string) {
  const code = `import { startRedisServer } from ${JSON.stringify(MODULE)};
    const server = await startRedisServer(${JSON.stringify(dir === undefined ? {} : { dir })});
    process.stdout.write(server.pid + ' ' + server.socketPath);
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const [pid = '', socketPath = ''] = output.toString().split(' ');
  onTestFinished(() => {
    if (isAlive(Number(pid))) process.kill(Number(pid), 'SIGKILL');
    rmSync(path.dirname(socketPath), { recursive: true, force: true });
  });
  return { child, redisPid: Number(pid), socketPath };
}

test('redis-server is found, by several at a time', async () => {
  const [first, second] = await Promise.all([findRedisServer(), findRedisServer()]);
  expect(second).toBe(first);
  const { stdout } = await promisify(execFile)(first, ['--version']);
  expect(stdout).toMatch(/Redis server v=/);
});

test('a Redis listens on a short socket path only, never evicts, and keeps nothing', async () => {
  const server = await start();
  expect(server.socketPath.length).toBeLessThan(100);
  expect(await setting(server, 'port')).toBe('0');
  expect(await setting(server, 'maxmemory-policy')).toBe('noeviction');
  expect(await setting(server, 'appendonly')).toBe('no');
  expect(await setting(server, 'save')).toBe('');
});

test('stop ends the process and leaves nothing behind', async () => {
  const server = await start();
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  expect(existsSync(path.dirname(server.socketPath))).toBe(false);
  await expect(server.exited).resolves.toBeUndefined();
});

test('stop can be called twice', async () => {
  const server = await start();
  await Promise.all([server.stop(), server.stop()]);
  await expect(server.stop()).resolves.toBeUndefined();
});

test('stop ends a Redis that does not listen to SIGTERM', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGSTOP');
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('with a directory every write is kept, even when Redis is killed', async () => {
  const dir = dataDir();
  const first = await start({ dir });
  expect(await setting(first, 'appendfsync')).toBe('always');
  await ask(first, 'SET', 'k', 'kept');
  process.kill(first.pid, 'SIGKILL');
  await first.exited.catch(() => {});
  const second = await start({ dir });
  expect(await ask(second, 'GET', 'k')).toEqual({ kind: 'bulk', bytes: Buffer.from('kept') });
});

test('a Redis that dies by itself is reported', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGKILL');
  await expect(server.exited).rejects.toThrow(`(pid ${server.pid}) is gone: it ended with SIGKILL`);
});

test('a directory belongs to one Redis at a time', async () => {
  const dir = dataDir();
  const first = await start({ dir });
  await expect(startRedisServer({ dir })).rejects.toThrow(
    `${dir} is in use by redis-server (pid ${first.pid}), started by process ${process.pid}`,
  );
  await first.stop();
  await start({ dir });
});

test('of two that start on one directory at the same time one is refused', async () => {
  const dir = dataDir();
  const starts = await Promise.allSettled([start({ dir }), start({ dir })]);
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a directory that a Redis without a parent still uses is refused, with what to do', async () => {
  const dir = dataDir();
  const { pid } = await start({ dir });
  writeFileSync(
    path.join(dir, 'sluice.lock'),
    JSON.stringify({ starterPid: NO_PID, redisPid: pid }),
  );
  await expect(startRedisServer({ dir })).rejects.toThrow(`end it with "kill ${pid}"`);
});

test('a lock that a crash left behind is taken over', async () => {
  const dir = dataDir();
  const first = await start({ dir });
  await first.stop();
  for (const lock of [
    // Process 1 is alive, but it is no Redis.
    JSON.stringify({ starterPid: NO_PID, redisPid: NO_PID }),
    JSON.stringify({ starterPid: NO_PID, redisPid: 1 }),
    'not JSON',
  ]) {
    writeFileSync(path.join(dir, 'sluice.lock'), lock);
    const server = await start({ dir });
    await server.stop();
    expect(existsSync(path.join(dir, 'sluice.lock'))).toBe(false);
  }
});

test.each(['process.exit(3)', 'throw new Error("expected")', 'await new Promise(() => {})'])(
  'a parent that ends with "%s" takes its Redis with it',
  async (ending) => {
    const { child, redisPid, socketPath } = await startElsewhere(
      `await new Promise((resolve) => process.stdin.once('data', resolve)); process.stdin.destroy(); ${ending}`,
    );
    child.stdin.write('end');
    await once(child, 'exit');
    await expect.poll(() => isAlive(redisPid)).toBe(false);
    expect(existsSync(path.dirname(socketPath))).toBe(false);
  },
);

test('a parent that is killed takes its Redis with it, and its data can be used again', async () => {
  const dir = dataDir();
  const { child, redisPid, socketPath } = await startElsewhere('setInterval(() => {}, 1000)', dir);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => isAlive(redisPid)).toBe(false);
  await expect.poll(() => existsSync(path.dirname(socketPath))).toBe(false);
  await start({ dir });
});

test('a Redis has a process group of its own, which a Ctrl-C does not reach', async () => {
  const server = await start();
  // Signal 0 to a negative pid asks whether there is such a group.
  expect(process.kill(-server.pid, 0)).toBe(true);
});

test('a Redis that cannot start says why', async () => {
  const dir = dataDir();
  const first = await start({ dir });
  await ask(first, 'SET', 'k', 'v');
  await first.stop();
  const manifest = path.join(dir, 'appendonlydir', 'appendonly.aof.manifest');
  writeFileSync(manifest, 'spoilt');
  const failure = startRedisServer({ dir });
  await expect(failure).rejects.toThrow(/redis-server did not start: .*\n.*AOF manifest/s);
  expect(existsSync(path.join(dir, 'sluice.lock'))).toBe(false);
});
