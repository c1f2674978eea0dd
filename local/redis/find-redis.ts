import { find, findOrInstall } from '../programs.ts';

/**
 * Finds redis-server on this machine, or has it installed.
 *
 * @returns the program's path
 * @throws Error saying what to type
 */
export function findRedisServer(): Promise<string> {
  return findOrInstall({
    name: 'redis-server',
    search: () => find('redis-server', ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']),
    aptPackage: 'redis-server',
    brewPackage: 'redis',
    advice: { dnf: 'redis', apk: 'redis', pacman: 'redis' },
  });
}
