import { chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Whom a process runs as; nothing where it is the user who is here. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Whom PostgreSQL runs as. It refuses to run as root, so for root it is the user that its package
 * has made, or else nobody.
 */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root. Run this as another user.');
}

/** Makes a folder that the account alone can read, in one that it can come to. */
export function makeFolder(folder: string, { uid, gid }: Account): void {
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o755 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
}

/** Whether the account can come to a folder: below root's home it cannot. */
export function isReachable(folder: string, { uid }: Account): boolean {
  if (uid === undefined) return true;
  for (let above = path.dirname(path.resolve(folder)); ; above = path.dirname(above)) {
    const stats = statSync(above, { throwIfNoEntry: false });
    if (stats !== undefined && (stats.mode & 0o001) === 0 && stats.uid !== uid) return false;
    if (above === path.dirname(above)) return true;
  }
}
