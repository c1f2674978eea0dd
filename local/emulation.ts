import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from './guardian.ts';
import { freePort } from './ports.ts';

/** API Gateway, the schedule and the Lambdas, as serverless-offline runs them. */
export interface Emulation {
  readonly port: number;
  /** What a request must bring along: see `guardServers`. */
  readonly pass: string;
  /** Settles when the process has ended. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 5_000;

type OnLog = (line: string) => void;

/**
 * Starts the functions of `serverless.yml`, bundled as they are deployed.
 *
 * @param env    what the functions find in their environment, beside that of this process
 * @param onLog  gets each line that a function logs
 * @throws Error with what the emulation printed, where it does not come up
 */
export async function startEmulation(
  env: Readonly<Record<string, string>>,
  onLog: OnLog,
): Promise<Emulation> {
  try {
    return await startOnFreePorts(env, onLog);
  } catch (error) {
    // Another program took one of the ports before the emulation listened on it.
    if (!String(error).includes('EADDRINUSE')) throw error;
    return await startOnFreePorts(env, onLog);
  }
}

async function startOnFreePorts(
  env: Readonly<Record<string, string>>,
  onLog: OnLog,
): Promise<Emulation> {
  const [port, lambdaPort] = [await freePort(), await freePort()];
  const pass = randomBytes(16).toString('hex');
  const build = `stack-${port}`;
  const flags = ['--httpPort', port, '--lambdaPort', lambdaPort, '--host', '127.0.0.1'];
  // Not through npx or a shell: a signal would reach only that, and leave the emulation running.
  // In a process group of its own: Ctrl-C is for the stack, which ends its parts in order.
  const child = spawn(
    process.execPath,
    ['node_modules/.bin/sls', 'offline', '--noPrependStageInUrl', ...flags.map(String)],
    {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...env,
        SLUICE_BUILD: build,
        // Where submits wake the drain, it is this one's.
        AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${lambdaPort}`,
        AWS_REGION: 'eu-central-1',
        SLUICE_PASS: pass,
        AWS_ACCESS_KEY_ID: pass,
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    },
  );
  const buildDir = path.join(ROOT, '.esbuild', build);
  const dismissGuardian = endWithThisProcess(-(child.pid ?? 0), buildDir);
  const killGroup = () => signal(child, 'SIGKILL');
  process.once('exit', killGroup);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const cleanUp = () => {
    killGroup();
    process.off('exit', killGroup);
    dismissGuardian();
    rmSync(buildDir, { recursive: true, force: true });
  };
  let isEnding = false;
  try {
    await ready(child, (line) => isEnding || onLog(line));
  } catch (error) {
    cleanUp();
    throw error;
  }
  return {
    port,
    pass,
    exited,
    async stop() {
      isEnding = true;
      signal(child, 'SIGTERM');
      const timer = setTimeout(killGroup, STOP_MS_MAX);
      await exited;
      clearTimeout(timer);
      cleanUp();
    },
  };
}

function ready(child: ChildProcess, onLog: (line: string) => unknown): Promise<void> {
  const printed: string[] = [];
  let isReady = false;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`The emulation of API Gateway ${why}:\n${printed.slice(-40).join('\n')}`));
    };
    const timer = setTimeout(() => fail('did not come up in time'), READY_MS_MAX);
    child.once('exit', () => fail('ended'));
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (!isReady) printed.push(line);
        if (isShown(line, isReady)) onLog(line);
        if (!line.includes('Server ready:')) return;
        isReady = true;
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

/** The logs of functions, but not their metrics, which are for CloudWatch; and trouble once it runs. */
export function isShown(line: string, isReady: boolean): boolean {
  if (line.startsWith('{"_aws":')) return false;
  return line.startsWith('{"time":') || (isReady && isTrouble(line));
}

/** The emulation's own chatter is left out; what it says of a function that failed is not. */
function isTrouble(line: string): boolean {
  return /error|✖|not right|is missing|is wrong/i.test(line);
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group has ended already.
  }
}
