import type { Answer } from './database.ts';
import { type Fate, fateOf, goodFate, type Reply } from './fates.ts';
import type { Conditions, SimulatedProcess } from './process.ts';

/** One request to Redis, as it was sent. */
export interface Request {
  readonly process: SimulatedProcess;
  readonly path: string;
  readonly body: string;
  readonly fate: Fate;
  readonly sentAtMs: number;
}

type Serve = (path: string, body: string) => Promise<Response>;

/** Hosts of the simulated network, by name: each process of each run is a client of its own. */
const hosts = new Map<string, Serve>();
let hostsMade = 0;

/**
 * Puts the simulated network in the place of `fetch`, which the SDK takes from the global scope,
 * so that all of the SDK and all of `lib/store` is run. The lock package waits for no time at all
 * after its last attempt: that takes no turn of the machine's clock here.
 *
 * @returns puts back what was there
 */
export function installNetwork(): () => void {
  const { fetch, setTimeout } = globalThis;
  globalThis.fetch = ((url: string, options: RequestInit) => {
    const [host = '', path = ''] = url.replace('http://', '').split('/');
    const serve = hosts.get(host);
    return serve === undefined ? fetch(url, options) : serve(path, String(options.body));
  }) as typeof fetch;
  const noTime = (call: () => void, delayMs?: number, ...more: unknown[]) => {
    if (delayMs === 0) return void queueMicrotask(call);
    return Reflect.apply(setTimeout, globalThis, [call, delayMs, ...more]);
  };
  globalThis.setTimeout = Object.assign(noTime, setTimeout) as unknown as typeof setTimeout;
  return () => {
    globalThis.fetch = fetch;
    globalThis.setTimeout = setTimeout;
  };
}

/** The network of one run. */
export interface Network {
  /** What a client of this process connects to. */
  hostOf(process: SimulatedProcess): { readonly url: string; readonly token: string };
  close(): void;
}

/**
 * @param execute  has Redis execute a request that reached it
 * @param sent     is told of each request as it is sent
 */
export function createNetwork(
  { plan, scheduler, random, isStorm, history }: Conditions,
  execute: (request: Request) => Promise<Answer>,
): Network {
  const own: string[] = [];

  function send(process: SimulatedProcess, path: string, body: string): Promise<Response> {
    const fate = isStorm() ? fateOf(plan, random, scheduler.now()) : goodFate(random);
    const sentAtMs = scheduler.now();
    const request = { process, path, body, fate, sentAtMs };
    process.onSend?.(body);
    if (fate.name !== 'passes') process.mishaps.push(fate.name);
    return new Promise((resolve, reject) => {
      const reply = (afterMs: number, answer?: Answer) => {
        if (fate.reply.kind === 'none') return;
        scheduler.at(scheduler.now() + afterMs, () => {
          process.receive(() => hand(fate.reply, answer, resolve, reject));
          return undefined;
        });
      };
      for (const [at, arrivalMs] of fate.arrivals.entries()) {
        scheduler.at(sentAtMs + arrivalMs, async () => {
          const answer = await execute(request);
          if (at === fate.answered) reply(fate.replyAfterMs, answer);
        });
      }
      if (fate.arrivals.length === 0) {
        history.note(sentAtMs, process.name, [], () => `▸ ${fate.name}: a request never arrives`);
        reply(fate.replyAfterMs);
      }
    });
  }

  return {
    hostOf(process) {
      hostsMade += 1;
      const host = `host-${hostsMade}`;
      own.push(host);
      hosts.set(host, (path, body) => send(process, path, body));
      return { url: `http://${host}`, token: 'token' };
    },
    close() {
      for (const host of own) hosts.delete(host);
    },
  };
}

function hand(
  reply: Reply,
  answer: Answer | undefined,
  resolve: (response: Response) => void,
  reject: (error: Error) => void,
) {
  if (reply.kind === 'forged') return resolve(responseOf(reply.status, reply.text));
  if (reply.kind === 'reset' || answer === undefined) {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    return reject(new TypeError('fetch failed', { cause }));
  }
  const { status, text } = answer;
  const isHalf = reply.kind === 'half';
  return resolve(responseOf(status, isHalf ? text.slice(0, text.length / 2) : text));
}

/** What the SDK reads of a response; a real one would take most of a run's time. */
function responseOf(status: number, text: string): Response {
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: () => null },
    text: () => Promise.resolve(text),
  } as unknown as Response;
}
