import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const GUARDIAN = 'read -r _; kill -s "$2" -- "$0" && [ -n "$1" ] && rm -rf -- "$1"';

/**
 * Ends a process when this one is gone, however it went. A process that is killed can end nothing,
 * so a shell waits for the end of a pipe that only this process holds.
 *
 * @param target  a process id, or a process group's, negated
 * @param dir     a folder to remove with it; empty for none
 * @param signal  what ends it
 * @returns dismisses the guardian
 */
export function endWithThisProcess(
  target: number,
  dir: string,
  signal: 'TERM' | 'INT' = 'TERM',
): () => void {
  const guardian = spawn('sh', ['-c', GUARDIAN, String(target), dir, signal], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guardian.unref();
  (guardian.stdin as Socket).unref();
  // Without a shell there is no guardian, and nothing else changes.
  guardian.on('error', () => undefined);
  guardian.stdin.on('error', () => undefined);
  return () => guardian.kill('SIGKILL');
}
