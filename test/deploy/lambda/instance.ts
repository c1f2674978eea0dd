import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Event, startRuntimeApi } from './runtime-api.ts';

const LOOP = fileURLToPath(new URL('runtime-loop.mjs', import.meta.url));
/** @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_MS_MAX = 10_000;

/** What became of an invocation. */
export type Outcome =
  | { readonly kind: 'answered'; readonly payload: string; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly error: LambdaError };

export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** One process that runs one event at a time, and none of its code in between. */
export interface Instance {
  /** From the start of the process until it asked for its first event. */
  readonly initMs: number;
  /** Settles once the instance is frozen again, or has ended. */
  invoke(payload: string): Promise<Outcome>;
  isEnded(): boolean;
  /** Ends it, and waits until all that it printed was read. */
  end(): Promise<void>;
}

export interface InstanceOptions {
  /** All of its environment but where its Runtime API is. */
  readonly env: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly onLine: (line: string) => void;
}

/** @returns what it says of itself where it does not start */
export async function startInstance(options: InstanceOptions): Promise<Instance | LambdaError> {
  const api = await startRuntimeApi(options.functionArn);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [LOOP], {
    env: { ...options.env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = linesOf(child, options.onLine).then(() => api.close());
  let isEnded = false;
  const exited = once(child, 'exit').then(([code, signal]) => {
    isEnded = true;
    const how = code === null ? `signal: ${signal}` : `exit status ${code}`;
    return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}` };
  });
  const end = async () => {
    child.kill('SIGKILL');
    await closed;
  };

  const timer = setTimeout(() => child.kill('SIGKILL'), INIT_MS_MAX);
  const begun = await Promise.race([api.asked(), api.initError, exited]);
  clearTimeout(timer);
  if (begun !== undefined) {
    await end();
    return begun;
  }
  const initMs = performance.now() - startedAt;
  child.kill('SIGSTOP');
  return {
    initMs,
    isEnded: () => isEnded,
    end,
    async invoke(payload) {
      child.kill('SIGCONT');
      const outcome = await invokeOn({ child, api, exited, options }, payload);
      if (!isEnded) child.kill('SIGSTOP');
      return outcome;
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly api: Awaited<ReturnType<typeof startRuntimeApi>>;
  readonly exited: Promise<LambdaError>;
  readonly options: InstanceOptions;
}

async function invokeOn(
  { child, api, exited, options: { timeoutMs, onLine } }: Running,
  payload: string,
): Promise<Outcome> {
  const requestId = randomUUID();
  const startedAt = performance.now();
  const event: Event = { requestId, payload, deadlineMs: Date.now() + timeoutMs };
  onLine(`START RequestId: ${requestId} Version: $LATEST`);
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const answered = api.give(event);
  const answer = await Promise.race([answered, exited]);
  const durationMs = performance.now() - startedAt;
  // Until it asks again it is not frozen: what it does after its answer is done now.
  const last = 'errorType' in answer ? undefined : await Promise.race([api.asked(), exited]);
  clearTimeout(timer);
  onLine(`END RequestId: ${requestId}`);
  onLine(`REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms`);
  if (isTimedOut) {
    const errorMessage = `${requestId} Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`;
    onLine(errorMessage);
    return { kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage } };
  }
  if ('errorType' in answer) return { kind: 'failed', error: answer };
  if (last !== undefined) return { kind: 'failed', error: last };
  if (answer.isError) return { kind: 'failed', error: JSON.parse(answer.body) };
  return { kind: 'answered', payload: answer.body, durationMs };
}

/** Settles once there is nothing more to read. */
async function linesOf(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }
  await once(child, 'close');
}
