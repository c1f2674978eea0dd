import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fate, faultyProxy, type SeenRequest } from '../support/faulty-proxy.ts';
import type { Invocation } from './drain-process.ts';

const DRAIN_PROCESS = new URL('./drain-process.ts', import.meta.url);
const IDLE_MS = 20;

export interface DrainsOptions {
  readonly count: number;
  readonly server: { readonly url: string; readonly token: string };
  readonly environmentOf: (place: number) => Readonly<Record<string, string>>;
  /** What the next invocation of a process is like, if there is one now. */
  readonly invocation: (place: number) => Invocation | undefined;
  readonly fateOf: (place: number, seen: SeenRequest) => Fate;
}

type Outcome =
  | { readonly kind: 'drained'; readonly report: { readonly claimed: number } }
  | { readonly kind: 'busy' | 'failed' };

/** Drain processes that are invoked again and again, and started again, whoever has killed them. */
export async function startDrains(options: DrainsOptions) {
  const { count, server, environmentOf, invocation, fateOf } = options;
  const children: (ChildProcess | undefined)[] = [];
  const proxies = await Promise.all(
    Array.from({ length: count }, (_, place) => {
      return faultyProxy(server, (seen) => fateOf(place, seen));
    }),
  );
  const tally = { deaths: 0, invocations: 0 };
  let isStopping = false;

  async function lead(place: number): Promise<void> {
    const url = proxies[place]?.url as string;
    const env = { ...process.env, ...environmentOf(place), UPSTASH_REDIS_REST_URL: url };
    while (!isStopping) {
      const child = fork(DRAIN_PROCESS, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      children[place] = child;
      const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
      const gone = exit.then(() => undefined);
      while (!isStopping) {
        const next = invocation(place);
        const answer = next ? invoke(child, next) : pause(IDLE_MS, { kind: 'busy' as const });
        const outcome = await Promise.race([answer, gone]);
        if (outcome === undefined) break;
        tally.invocations += 1;
        if (outcome.kind !== 'drained' || outcome.report.claimed === 0) await pause(IDLE_MS);
      }
      if (isStopping) child.kill('SIGKILL');
      else tally.deaths += 1;
      const [code, signal] = await exit;
      if (signal !== 'SIGKILL')
        throw new Error(`A drain process ended by itself: ${signal ?? code}`);
    }
  }

  const led = Promise.all(Array.from({ length: count }, (_, place) => lead(place)));
  led.catch(() => undefined);
  return {
    tally,
    kill: (place: number) => children[place]?.kill('SIGKILL') ?? false,
    /** Rejects where a process ended that nobody killed. */
    failed: led.then(() => new Promise<never>(() => undefined)),
    async stop() {
      isStopping = true;
      for (const child of children) child?.kill('SIGKILL');
      await led.catch(() => undefined);
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    },
  };
}

async function invoke(child: ChildProcess, invocation: Invocation): Promise<Outcome> {
  const [outcome] = await new Promise<[Outcome]>((resolve) => {
    child.once('message', (message) => resolve([message as Outcome]));
    // Where it cannot be told, it is gone, and its exit says so.
    child.send(invocation, () => undefined);
  });
  return outcome;
}
