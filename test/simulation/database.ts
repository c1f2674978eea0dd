import type { Keys } from '../../lib/redis/keys.ts';
import * as scripts from '../../lib/redis/scripts.ts';
import { type SharedConnection, shareConnection } from '../../local/redis/connection.ts';
import type { Argument, Reply } from '../../local/redis/resp.ts';
import { createExecutor } from '../../local/upstash/execute.ts';
import { answerToJson } from '../../local/upstash/format.ts';
import { openService } from '../../local/upstash/service.ts';
import { type StoreState, stateFrom } from './state.ts';

/** What the REST server answers, and what Redis was asked for. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly commands: readonly (readonly string[])[];
}

/** A real redis-server behind the REST server's own code, without the sockets between. */
export interface Database {
  /** Executes what a request asks for, and looks at all of a run's keys right after. */
  executeAndLook(path: string, body: string, look: Look): Promise<[Answer, StoreState]>;
  look(look: Look): Promise<StoreState>;
  /** Sends commands as they are. */
  send(commands: Argument[][]): Promise<Reply[]>;
  close(): void;
}

/** The keys to look at, and the ids of the orders among them. */
export interface Look {
  readonly keys: Keys;
  readonly slots: readonly number[];
  readonly ids: readonly string[];
  /** What the last look saw: what is still the same is not read again. */
  readonly last?: StoreState | undefined;
}

/** Commands that change nothing, whatever they are asked: Redis itself sees to that. */
const READS = new Set(['GET', 'HGET', 'HMGET', 'LLEN', 'ZCOUNT', 'ZRANGE']);

/**
 * All of a run's keys as one JSON text. Redis's own time is not the run's, so a lock's expiry is
 * told once and then taken off; the run counts it in virtual time.
 */
const LOOK = `
local state = {
  redis.call('LRANGE', KEYS[1], 0, -1),
  redis.call('HGETALL', KEYS[2]),
  redis.call('MGET', KEYS[3], KEYS[4], KEYS[5]),
  {}, {}, {},
}
for i = 6, 10 do
  state[4][i - 5] = redis.call('ZRANGE', KEYS[i], 0, -1, 'WITHSCORES')
end
local locks = tonumber(ARGV[1])
for i = 11, 10 + locks do
  state[5][i - 10] = { redis.call('GET', KEYS[i]), redis.call('PTTL', KEYS[i]) }
  redis.call('PERSIST', KEYS[i])
end
for i = 11 + locks, #KEYS do
  state[6][i - 10 - locks] = cjson.encode(redis.call('HGETALL', KEYS[i]))
end
return cjson.encode(state)`;

export async function openDatabase(socketPath: string): Promise<Database> {
  const connection = joinWrites(shareConnection({ socketPath }));
  const service = await openService(connection);
  const { pipeline, transaction } = createExecutor(connection, service);
  // Known from the start: which run is the first to use a script must make no difference to it.
  await pipeline(Object.values(scripts).map(({ text }) => ['SCRIPT', 'LOAD', text]));
  const [loaded] = await connection.send([['SCRIPT', 'LOAD', LOOK]]);
  const sha = loaded?.kind === 'bulk' ? loaded.bytes.toString() : '';

  async function execute(path: string, commands: string[][]): Promise<Answer> {
    const whole = await (path === 'multi-exec' ? transaction(commands) : pipeline(commands));
    if (whole.kind !== 'array') return answer(whole, commands);
    if (path === '') return answer(whole.items[0] as Reply, commands);
    const text = `[${whole.items.map((reply) => answerToJson(reply, false)).join(',')}]`;
    return { status: 200, text, commands };
  }

  function answer(reply: Reply, commands: string[][]): Answer {
    const status = reply.kind === 'error' ? 400 : 200;
    return { status, text: answerToJson(reply, false), commands };
  }

  async function look({ keys, slots, ids, last }: Look): Promise<StoreState> {
    const looked = [
      ...[keys.queue, keys.owners, keys.fence, keys.number, keys.redrive],
      ...[keys.pending, keys.dead, keys.finished, keys.canceled, keys.index],
      ...slots.map(keys.lock),
      ...ids.map(keys.order),
    ];
    const count = String(looked.length);
    const [reply] = await connection.send([
      ['EVALSHA', sha, count, ...looked, String(slots.length)],
    ]);
    if (reply?.kind !== 'bulk') throw new Error(`Redis cannot be looked at: ${text(reply)}`);
    return stateFrom(reply.bytes.toString(), ids, last);
  }

  return {
    look,
    async executeAndLook(path, body, what) {
      const commands = commandsIn(path, body);
      const { last } = what;
      if (last !== undefined && commands.every(([name = '']) => READS.has(name.toUpperCase()))) {
        return [await execute(path, commands), last];
      }
      return Promise.all([execute(path, commands), look(what)]);
    },
    send: connection.send,
    close: connection.close,
  };
}

/** Every command of a request, its numbers as the digits that they are. */
function commandsIn(path: string, body: string): string[][] {
  const parsed = JSON.parse(body) as unknown[];
  const commands = path === '' ? [parsed] : (parsed as unknown[][]);
  return commands.map((command) => command.map(String));
}

function text(reply: Reply | undefined): string {
  return reply !== undefined && 'text' in reply ? reply.text : 'no reply';
}

/**
 * Has what many runs send go out together: while one write is under way the next is gathered. A
 * system call for each would take longer than Redis takes.
 */
function joinWrites(connection: SharedConnection): SharedConnection {
  let waiting: Sending[] = [];
  let isUnderWay = false;

  async function flush() {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const replies = await connection.send(batch.flatMap(({ commands }) => commands));
        let from = 0;
        for (const { commands, resolve } of batch) {
          resolve(replies.slice(from, from + commands.length));
          from += commands.length;
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      // Whoever was answered sends its next first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    isUnderWay = false;
  }

  return {
    send(commands) {
      return new Promise((resolve, reject) => {
        waiting.push({ commands, resolve, reject });
        if (isUnderWay) return;
        isUnderWay = true;
        setImmediate(flush);
      });
    },
    close: connection.close,
  };
}

interface Sending {
  readonly commands: Argument[][];
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: unknown) => void;
}
