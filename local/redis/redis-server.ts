import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endWithThisProcess } from '../guardian.ts';
import { shareConnection } from './connection.ts';
import { lockDataDirectory } from './data-lock.ts';
import { findRedisServer } from './find-redis.ts';

/** A redis-server on this machine. */
export type RedisServer = {
  socketPath: string;
  pid: number;
  /** Settles when the process has ended; rejects when nobody asked it to. */
  exited: Promise<void>;
  /** SIGTERM, and SIGKILL where that has not ended it within 5 s. */
  stop(): Promise<void>;
};

const DATA_FOLDER = 'appendonlydir';
const READY_MS_MAX = 20_000;
const RETRY_MS = 10;
const STOP_MS_MAX = 5_000;

/**
 * Starts a redis-server that listens on a unix socket only.
 *
 * @param options.dir  where the data is kept, written through on every command; without it nothing
 *   is kept
 * @param options.isFresh  whether `dir` is emptied first, once it is known that nobody uses it
 * @throws Error when there is no redis-server, when another one uses `dir`, or when it does not
 *   start; then with the end of its log
 */
export async function startRedisServer(
  options: { dir?: string; isFresh?: boolean } = {},
): Promise<RedisServer> {
  const program = await findRedisServer();
  const dir = options.dir === undefined ? undefined : path.resolve(options.dir);
  if (dir !== undefined) mkdirSync(dir, { recursive: true, mode: 0o700 });
  // A socket's path may have about 100 characters, so it does not go where the data goes.
  const runDir = mkdtempSync(path.join(tmpdir(), 'sluice-'));
  const socketPath = path.join(runDir, 's');
  const logPath = path.join(runDir, 'log');
  const removeRunDir = (): void => removeFolder(runDir);
  let lock: ReturnType<typeof lockDataDirectory> | undefined;
  try {
    lock = dir === undefined ? undefined : lockDataDirectory(dir);
    if (dir !== undefined && options.isFresh) removeFolder(path.join(dir, DATA_FOLDER));
    const child = spawnRedis(program, { socketPath, logPath, dir, runDir });
    lock?.holdFor(child.pid ?? 0);
    let log = '';
    const dismissGuardian = endWithThisProcess(child.pid ?? 0, runDir);
    const server = watch(child, socketPath, () => {
      dismissGuardian();
      log = readLog(logPath);
      lock?.release();
      removeRunDir();
    });
    await ready(server, child).catch((error: Error) => {
      throw new Error(`redis-server did not start: ${error.message}${log}`);
    });
    return server;
  } catch (error) {
    lock?.release();
    removeRunDir();
    throw error;
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function spawnRedis(
  program: string,
  at: { socketPath: string; logPath: string; dir: string | undefined; runDir: string },
): ChildProcess {
  const kept = at.dir !== undefined;
  const settings = {
    port: '0',
    unixsocket: at.socketPath,
    unixsocketperm: '700',
    dir: at.dir ?? at.runDir,
    save: '',
    appendonly: kept ? 'yes' : 'no',
    appenddirname: DATA_FOLDER,
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    logfile: at.logPath,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // A process group of its own: a Ctrl-C is for the parent, which ends its children in order.
  return spawn(program, flags, { detached: true, stdio: 'ignore' });
}

function watch(child: ChildProcess, socketPath: string, onEnd: () => void): RedisServer {
  let asked = false;
  // The last resort, for a parent that ends without having called stop.
  const killOnExit = (): void => {
    child.kill('SIGKILL');
    onEnd();
  };
  process.on('exit', killOnExit);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const exited = ended.then((how) => {
    process.off('exit', killOnExit);
    onEnd();
    if (!asked) throw new Error(`redis-server (pid ${child.pid}) is gone: ${how}`);
  });
  exited.catch(() => {});
  child.unref();
  return {
    socketPath,
    pid: child.pid ?? 0,
    exited,
    async stop() {
      asked = true;
      child.ref();
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      await ended;
      clearTimeout(force);
      await exited.catch(() => {});
    },
  };
}

/** @throws Error when the process ends, or does not answer in time and is killed for it */
async function ready(server: RedisServer, child: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + READY_MS_MAX;
  const connection = shareConnection({
    socketPath: server.socketPath,
    replyMsMax: READY_MS_MAX,
  });
  try {
    while (Date.now() < deadlineMs) {
      const [reply] = await connection.send([['PING']]).catch(() => []);
      if (reply?.kind === 'status') return;
      await Promise.race([delay(RETRY_MS), server.exited]);
    }
  } finally {
    connection.close();
  }
  child.kill('SIGKILL');
  await server.exited.catch(() => {});
  throw new Error(`it did not answer within ${READY_MS_MAX / 1000} s`);
}

function readLog(logPath: string): string {
  try {
    return `\n${readFileSync(logPath, 'utf8').split('\n').slice(-20).join('\n')}`;
  } catch {
    return '';
  }
}
