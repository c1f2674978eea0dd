import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { endWithThisProcess } from '../guardian.ts';
import { freePort } from '../ports.ts';
import { type Account, isReachable, makeFolder, postgresAccount } from './account.ts';
import { findPostgres } from './find-postgres.ts';

/** A PostgreSQL server on this machine. */
export interface PostgresServer {
  /** For `DATABASE_URL`, with the password of its only user. */
  readonly url: string;
  readonly port: number;
  /** Where its data is. */
  readonly dir: string;
  /** Settles when the process has ended. */
  readonly exited: Promise<void>;
  /** Ends it, also where connections are open. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Where the data is kept; without it nothing is kept. */
  readonly dir?: string;
  /** Whether what is kept there is thrown away first. */
  readonly isFresh?: boolean;
  /** Settings of the server, beside its own. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = 'sluice';
const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;
const LOG_LINES = 20;

/**
 * Starts a PostgreSQL server that listens on this machine only, on a free port.
 *
 * @throws Error if PostgreSQL is missing or does not start; then with its last words
 */
export async function startPostgresServer(options: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = findPostgres();
  const account = postgresAccount();
  const isKept = options.dir !== undefined;
  const dir = isKept
    ? keptFolder(path.resolve(options.dir), account)
    : mkdtempSync(path.join(tmpdir(), 'sluice-postgres-'));
  makeFolder(dir, account);
  const data = path.join(dir, 'data');
  if (options.isFresh) refuseRunning(data);
  if (options.isFresh) rmSync(data, { recursive: true, force: true });
  const removeUnkept = () => !isKept && rmSync(dir, { recursive: true, force: true });
  try {
    const password = await initialised(bin, dir, data, account);
    const port = await freePort();
    const child = spawnPostgres(path.join(bin, 'postgres'), data, account, {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      // What is not kept need not be written through.
      ...(!isKept && { fsync: 'off', full_page_writes: 'off' }),
      ...options.settings,
    });
    const server = watch(child, isKept ? '' : dir, removeUnkept);
    await ready(child);
    const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
    return { url, port, dir, ...server };
  } catch (error) {
    removeUnkept();
    throw error;
  }
}

/** Where data is kept; below root's home, where PostgreSQL may not go, in a place outside of it. */
function keptFolder(wanted: string, account: Account): string {
  if (isReachable(wanted, account)) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  return path.join('/var/lib/sluice', `postgres-${name}`);
}

/** A server that runs on the data would not notice at once that it is gone. */
function refuseRunning(data: string): void {
  const pidFile = path.join(data, 'postmaster.pid');
  const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : 0;
  if (pid > 0 && existsSync(`/proc/${pid}`)) {
    throw new Error(`${data} is in use by PostgreSQL (pid ${pid}): stop that one first.`);
  }
}

/** Makes the data folder where there is none yet; answers the password of its user. */
async function initialised(
  bin: string,
  dir: string,
  data: string,
  account: Account,
): Promise<string> {
  const passwordFile = path.join(dir, 'password');
  if (existsSync(path.join(data, 'PG_VERSION'))) return readFileSync(passwordFile, 'utf8').trim();
  const password = randomBytes(16).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) chownSync(passwordFile, uid, gid);
  const flags = ['-D', data, '-U', USER, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  const text = ['--encoding=UTF8', '--no-locale', '--no-sync', '--no-instructions'];
  await promisify(execFile)(path.join(bin, 'initdb'), [...flags, ...text], {
    cwd: dir,
    ...account,
  });
  return password;
}

function spawnPostgres(
  program: string,
  data: string,
  account: Account,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A process group of its own: Ctrl-C is for the stack, which ends its parts in order.
  return spawn(program, ['-D', data, ...flags], {
    cwd: data,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...account,
  });
}

function watch(child: ChildProcess, removed: string, onEnd: () => void) {
  const dismissGuardian = endWithThisProcess(child.pid ?? 0, removed, 'INT');
  // The last resort, for a process that ends without having called stop.
  const killOnExit = () => child.kill('SIGQUIT');
  process.on('exit', killOnExit);
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => {
    process.off('exit', killOnExit);
    dismissGuardian();
    onEnd();
  });
  child.unref();
  return {
    exited,
    async stop() {
      child.ref();
      // What its users have open is rolled back and closed.
      child.kill('SIGINT');
      const force = setTimeout(() => child.kill('SIGQUIT'), STOP_MS_MAX);
      await exited;
      clearTimeout(force);
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGQUIT');
      reject(new Error(`PostgreSQL ${why}:\n${said.slice(-LOG_LINES).join('\n')}`));
    };
    const timer = setTimeout(() => fail('did not start in time'), READY_MS_MAX);
    child.once('exit', () => fail('did not start'));
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (said.length > LOG_LINES) said.shift();
      if (!line.includes('ready to accept connections')) return;
      clearTimeout(timer);
      // Its log alone does not keep this process alive.
      (child.stderr as Socket).unref();
      resolve();
    });
  });
}
