import { readdirSync } from 'node:fs';
import path from 'node:path';
import { find, findOrInstall } from '../programs.ts';

/** Where packages put the server's programs, which mostly are not on the PATH: a folder a version. */
const FOLDERS = [
  { parent: '/usr/lib/postgresql', matching: /^\d+$/, bin: 'bin' },
  { parent: '/usr', matching: /^pgsql-\d+$/, bin: 'bin' },
  { parent: '/opt/homebrew/opt', matching: /^postgresql(@\d+)?$/, bin: 'bin' },
  { parent: '/usr/local/opt', matching: /^postgresql(@\d+)?$/, bin: 'bin' },
];

/**
 * Finds a PostgreSQL server's programs on this machine, or has them installed.
 *
 * @returns the folder of `postgres` and `initdb`
 * @throws Error saying what to type
 */
export async function findPostgres(): Promise<string> {
  const initdb = await findOrInstall({
    name: 'PostgreSQL server',
    search: () => find('initdb', folders()),
    aptPackage: 'postgresql',
    brewPackage: 'postgresql@17',
    advice: { dnf: 'postgresql-server', apk: 'postgresql', pacman: 'postgresql' },
  });
  return path.dirname(initdb);
}

/** The folders that there are, the newest version first. */
function folders(): string[] {
  return FOLDERS.flatMap(({ parent, matching, bin }) =>
    namesIn(parent)
      .filter((name) => matching.test(name))
      .sort((a, b) => versionOf(b) - versionOf(a))
      .map((name) => path.join(parent, name, bin)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function versionOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}
