import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

type Holder = { starterPid: number; redisPid: number };

/**
 * Keeps two servers off one data directory. The lock is a file that names who holds it, so one
 * that a crash left behind is recognised and taken over.
 *
 * @throws Error naming the process in the way and what to do about it
 */
export function lockDataDirectory(dir: string): {
  /** Notes which redis-server the lock now stands for. */
  holdFor(redisPid: number): void;
  release(): void;
} {
  const lockPath = path.join(dir, 'sluice.lock');
  const draftPath = `${lockPath}.${process.pid}`;
  const draft = (redisPid: number): void =>
    writeFileSync(draftPath, JSON.stringify({ starterPid: process.pid, redisPid }));
  draft(0);
  try {
    takeLock(dir, lockPath, draftPath);
  } finally {
    rmSync(draftPath, { force: true });
  }
  return {
    holdFor(redisPid) {
      draft(redisPid);
      renameSync(draftPath, lockPath);
    },
    release() {
      if (toHolder(readLock(lockPath))?.starterPid === process.pid)
        rmSync(lockPath, { force: true });
    },
  };
}

/** A link appears with its whole content at once, or fails because the lock is there already. */
function takeLock(dir: string, lockPath: string, draftPath: string): void {
  for (;;) {
    try {
      linkSync(draftPath, lockPath);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const judged = readLock(lockPath);
    const holder = toHolder(judged);
    if (holder !== undefined) refuseLiving(dir, holder);
    removeStale(lockPath, judged);
  }
}

/** Moves the lock aside before removing it, in case another process has just replaced it. */
function removeStale(lockPath: string, judged: string): void {
  const asidePath = `${lockPath}.${process.pid}.stale`;
  try {
    renameSync(lockPath, asidePath);
    if (readLock(asidePath) !== judged) linkSync(asidePath, lockPath);
  } catch {
    // Somebody else was quicker; the next round sees what they left.
  }
  rmSync(asidePath, { force: true });
}

function refuseLiving(dir: string, holder: Holder): void {
  const starterLives = isAlive(holder.starterPid);
  if (holder.redisPid !== 0 && isRedis(holder.redisPid)) {
    throw new Error(
      starterLives
        ? `${dir} is in use by redis-server (pid ${holder.redisPid}), started by process ${holder.starterPid}: stop that one first, or choose another directory`
        : `${dir} is in use by redis-server (pid ${holder.redisPid}), left behind by a process that died: end it with "kill ${holder.redisPid}" and start again`,
    );
  }
  if (holder.redisPid === 0 && starterLives) {
    throw new Error(
      `${dir} is in use: process ${holder.starterPid} is starting a redis-server on it`,
    );
  }
}

function readLock(lockPath: string): string {
  try {
    return readFileSync(lockPath, 'utf8');
  } catch {
    return '';
  }
}

function toHolder(lock: string): Holder | undefined {
  try {
    return JSON.parse(lock) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A pid is used again after a while, so a living process is only in the way if it is a Redis. */
function isRedis(pid: number): boolean {
  return isAlive(pid) && commandLine(pid).includes('redis-server');
}

function commandLine(pid: number): string {
  try {
    return existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
