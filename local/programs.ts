import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** A program that this machine may lack, and what brings it. */
export interface Program {
  /** As messages call it, such as `redis-server`. */
  readonly name: string;
  /** Where it is, if it is there. */
  readonly search: () => string | undefined;
  readonly aptPackage: string;
  readonly brewPackage: string;
  /** What to type where nothing of that is at hand. */
  readonly advice: { readonly dnf: string; readonly apk: string; readonly pacman: string };
}

/**
 * One installer at a time. policy-rc.d keeps Debian from starting a system-wide server that was not
 * there before. apt waits for the package lock by itself, but not for the lock on the package
 * lists, hence the loop.
 */
const APT_INSTALL = `
set -eu
trap 'exit 1' HUP INT TERM
if dpkg-query -W -f '\${Status}' "$0" 2>/dev/null | grep -q 'install ok installed'; then exit 0; fi
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
apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$0" || exit 1
if command -v systemctl >/dev/null; then systemctl disable "$0" >/dev/null 2>&1 || true; fi
exit 0
`;

/**
 * Finds a program on this machine. Where there is none, the system's package manager installs it,
 * if it can without a question.
 *
 * @returns the program's path
 * @throws Error saying what to type
 */
export async function findOrInstall(program: Program): Promise<string> {
  const { name, search, aptPackage, brewPackage } = program;
  const found = search();
  if (found !== undefined) return found;
  if (process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    process.stderr.write(`Installing ${name}: apt-get update, apt-get install -y ${aptPackage}\n`);
    await run('flock', ['/tmp/sluice-install.lock', 'sh', '-c', APT_INSTALL, aptPackage]);
  } else if (process.platform === 'darwin' && find('brew') !== undefined) {
    process.stderr.write(`Installing ${name}: brew install ${brewPackage}\n`);
    await run('brew', ['install', brewPackage]);
  }
  const installed = search();
  if (installed !== undefined) return installed;
  throw new Error(`There is no ${name} on this machine. ${adviceFor(program)}`);
}

/** The first program of that name on the PATH, or in one of the other folders. */
export function find(program: string, alsoIn: readonly string[] = []): string | undefined {
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

function adviceFor({ name, aptPackage, brewPackage, advice }: Program): string {
  if (process.platform === 'darwin') {
    return `Install Homebrew, then type: brew install ${brewPackage}`;
  }
  if (process.platform === 'win32') {
    return `Use WSL, and there: sudo apt-get install ${aptPackage}`;
  }
  if (existsSync('/usr/bin/apt-get')) return `Type: sudo apt-get install ${aptPackage}`;
  if (existsSync('/usr/bin/dnf')) return `Type: sudo dnf install ${advice.dnf}`;
  if (existsSync('/sbin/apk')) return `Type: sudo apk add ${advice.apk}`;
  if (existsSync('/usr/bin/pacman')) return `Type: sudo pacman -S ${advice.pacman}`;
  return `Install ${name} with your package manager.`;
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
