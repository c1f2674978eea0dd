import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/**
 * One installer at a time, and none where an earlier one has done the work. policy-rc.d keeps
 * Debian from starting a system-wide Redis that was not there before. apt waits for the package
 * lock by itself, but not for the lock on the package lists, hence the loop.
 */
const APT_INSTALL = `
command -v redis-server >/dev/null && exit 0
trap 'exit 1' HUP INT TERM
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
fi
tries=0
until output=$(apt-get update 2>&1); do
  case $output in *"get lock"*|*"Unable to lock"*) ;; *) break ;; esac
  tries=$((tries + 1)); [ "$tries" -ge 60 ] && break
  sleep 2
done
apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 redis-server || exit 1
if command -v systemctl >/dev/null; then systemctl disable redis-server >/dev/null 2>&1; fi
exit 0
`;

/**
 * Finds redis-server on this machine. Where there is none, the system's package manager installs
 * it, if it can without a question.
 *
 * @returns the program's path
 * @throws Error saying what to type
 */
export async function findRedisServer(): Promise<string> {
  const found = search();
  if (found !== undefined) return found;
  if (process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    process.stderr.write('Installing redis-server: apt-get install -y redis-server\n');
    await run('flock', ['/tmp/sluice-redis-install.lock', 'sh', '-c', APT_INSTALL]);
  } else if (process.platform === 'darwin' && find('brew') !== undefined) {
    process.stderr.write('Installing redis-server: brew install redis\n');
    await run('brew', ['install', 'redis']);
  }
  const installed = search();
  if (installed !== undefined) return installed;
  throw new Error(`There is no redis-server on this machine. ${advice()}`);
}

function search(): string | undefined {
  return find('redis-server', ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']);
}

function find(program: string, alsoIn: string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(path.delimiter), ...alsoIn];
  return places
    .filter((place) => place !== '')
    .map((place) => path.join(place, program))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function advice(): string {
  if (process.platform === 'darwin') return 'Install Homebrew, then type: brew install redis';
  if (process.platform === 'win32') return 'Use WSL, and there: sudo apt-get install redis-server';
  if (existsSync('/usr/bin/apt-get')) return 'Type: sudo apt-get install redis-server';
  if (existsSync('/usr/bin/dnf')) return 'Type: sudo dnf install redis';
  if (existsSync('/sbin/apk')) return 'Type: sudo apk add redis';
  if (existsSync('/usr/bin/pacman')) return 'Type: sudo pacman -S redis';
  return 'Install Redis 7 with your package manager.';
}

/** Runs a program to its end; its output is only shown where it fails. */
function run(program: string, flags: string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(program, flags, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve();
    });
    child.once('close', (code) => {
      if (code !== 0) process.stderr.write(output);
      resolve();
    });
  });
}
