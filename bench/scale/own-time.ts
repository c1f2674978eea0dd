import { billedCommands } from '../../lib/store/billed-commands.ts';
import { connect, type Store } from '../../lib/store/connection.ts';
import { keysWith } from '../../lib/store/keys.ts';
import * as scripts from '../../lib/store/scripts.ts';
import type { SharedConnection } from '../../local/redis/connection.ts';
import type { Reply } from '../../local/redis/resp.ts';
import { median } from '../figures.ts';

/** What Redis itself took for one kind of command or script. */
export interface OwnTime {
  readonly name: string;
  readonly calls: number;
  readonly medianMs: number;
  readonly worstMs: number;
}

/**
 * A store whose commands go straight to Redis, without the local server's HTTP and without the guard
 * that it puts around scripts, and which notes how long Redis itself says that each took.
 */
export async function timedStore(redis: SharedConnection, prefix: string) {
  const names = new Map<string, string>();
  const bareShas = new Map<string, string>();
  for (const [name, { sha1, text }] of Object.entries(scripts)) {
    // Redis 7.0 does not know the flag of the first line.
    const [reply] = await redis.send([['SCRIPT', 'LOAD', text.replace(/^#!.*/, '')]]);
    bareShas.set(sha1, String(plain(reply)));
    names.set(sha1, name.toLowerCase().replaceAll('_', '-'));
  }
  let times = new Map<string, number[]>();
  let used = new Map<string, number>();

  /**
   * Redis counts up what each kind of command took, and what its thread has used of a processor: the
   * lesser of the two differences is what this one did, however busy the machine is otherwise.
   */
  async function send(commands: readonly (readonly unknown[])[]): Promise<Reply[]> {
    const sent = commands.map((command) => command.map(String));
    const replies = await redis.send(
      sent.flatMap(([name = '', sha = '', ...args]) => [
        name.toUpperCase() === 'EVALSHA'
          ? [name, bareShas.get(sha) ?? sha, ...args]
          : [name, ...(sha === '' && args.length === 0 ? [] : [sha, ...args])],
        ['INFO', 'commandstats', 'cpu'],
      ]),
    );
    for (const [at, [name = '', sha = '']] of sent.entries()) {
      const now = usedIn(String(plain(replies[2 * at + 1])));
      const command = name.toLowerCase();
      const micros = Math.min(
        (now.get(command) ?? 0) - (used.get(command) ?? 0),
        (now.get(PROCESSOR) ?? 0) - (used.get(PROCESSOR) ?? 0),
      );
      used = now;
      const called = names.get(sha) ?? command.toUpperCase();
      const all = times.get(called);
      if (all === undefined) times.set(called, [micros / 1_000]);
      else all.push(micros / 1_000);
    }
    return replies.filter((_, at) => at % 2 === 0);
  }

  async function request({ path, body }: { path?: string[]; body: unknown[] }) {
    if (path?.[0] === 'pipeline') return (await send(body as unknown[][])).map(answerOf);
    const [answer] = (await send([body])).map(answerOf);
    if (answer?.error === undefined) return answer;
    throw Object.assign(new Error(answer.error), { name: 'UpstashError' });
  }

  const nowhere = { url: 'http://nowhere', token: 'none' };
  const client = connect({ ...nowhere, timeoutMs: 60_000, sendsMax: 1, random: Math.random });
  Object.assign(Reflect.get(client.redis, 'client'), { request });
  const store: Store = { client, keys: keysWith(prefix) };
  return {
    store,
    /** Runs something, and tells how often it called what, how long that took, and what it bills. */
    async of(work: () => Promise<string>) {
      times = new Map();
      const billed = async () =>
        billedCommands(String(plain((await redis.send([['INFO', 'commandstats']]))[0])));
      const before = await billed();
      used = usedIn(String(plain((await redis.send([['INFO', 'commandstats', 'cpu']]))[0])));
      const said = await work();
      return { said, times: [...times].map(summed), billed: (await billed()) - before };
    },
    bytesOf: async (key: string) =>
      Number(plain((await redis.send([['MEMORY', 'USAGE', key, 'SAMPLES', '0']]))[0]) ?? 0),
  };
}

function summed([name, all]: [string, number[]]): OwnTime {
  return {
    name,
    calls: all.length,
    medianMs: median(all),
    worstMs: all.reduce((worst, ms) => Math.max(worst, ms), 0),
  };
}

const PROCESSOR = 'processor';

/** Microseconds by command, and what the thread has used of a processor. */
function usedIn(info: string): Map<string, number> {
  const found = info.matchAll(/^cmdstat_([^:]+):calls=\d+,usec=(\d+)/gm);
  const used = new Map([...found].map(([, name = '', micros]) => [name, Number(micros)]));
  const seconds = [...info.matchAll(/^used_cpu_(?:sys|user)_main_thread:([\d.]+)/gm)];
  return used.set(
    PROCESSOR,
    seconds.reduce((sum, [, each]) => sum + 1e6 * Number(each), 0),
  );
}

function answerOf(reply: Reply): { result?: unknown; error?: string } {
  return reply.kind === 'error' ? { error: reply.text } : { result: plain(reply) };
}

/** As the REST API writes a reply. */
function plain(reply: Reply | undefined): unknown {
  if (reply === undefined || reply.kind === 'nil') return null;
  if (reply.kind === 'array') return reply.items.map(plain);
  if (reply.kind === 'integer') return Number(reply.digits);
  return reply.kind === 'bulk' ? reply.bytes.toString() : reply.text;
}
