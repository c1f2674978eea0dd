import type { Keys } from '../../lib/store/keys.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { shareConnection } from '../../local/redis/connection.ts';
import type { Argument, Reply } from '../../local/redis/resp.ts';
import { createExecutor } from '../../local/upstash/execute.ts';
import { answerToJson } from '../../local/upstash/format.ts';
import type { InjectedFailure } from '../../local/upstash/rules.ts';
import { openService } from '../../local/upstash/service.ts';
import { LOOK, type StoreState, stateFrom } from './state.ts';

/** One command that Redis executed, and the store right after it. */
export interface Executed {
  readonly command: readonly string[];
  /** The answer to it alone, as JSON. */
  readonly text: string;
  readonly after: StoreState;
}

/** What the REST server answers to a request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A script of a request that fails in the middle, and how. */
export interface Tear {
  /** Which command of the request. */
  readonly of: number;
  readonly failure: InjectedFailure;
}

/** A real redis-server behind the REST server's own code, without the sockets between. */
export interface Database {
  /** Executes what a request asks for, and looks at all of a run's keys after each command. */
  execute(path: string, body: string, look: Look, tear?: Tear): Promise<[Answer, Executed[]]>;
  look(look: Look): Promise<StoreState>;
  /** All that the keys of a run hold, one text for each. */
  texts(prefix: string): Promise<string[]>;
  /** Sends commands as they are. */
  send(commands: Argument[][]): Promise<Reply[]>;
  close(): void;
}

/** The keys to look at, and the orders and clients of whom they may be. */
export interface Look {
  readonly prefix: string;
  readonly keys: Keys;
  readonly slots: readonly number[];
  readonly clients: readonly string[];
  readonly ids: readonly string[];
  /** Of which stock may be kept. */
  readonly skus: readonly string[];
  /** What the last look saw: what is still the same is not read again. */
  readonly last?: StoreState | undefined;
}

/** Commands that change nothing, whatever they are asked: Redis itself sees to that. */
const READS = new Set(
  'GET MGET HGET HMGET HLEN LLEN LRANGE LINDEX EXISTS SCAN ZCARD ZCOUNT ZRANGE ZSCAN ZSCORE'.split(
    ' ',
  ),
);

const TEXTS = `
local readers = { string = { 'GET' }, hash = { 'HGETALL' }, list = { 'LRANGE', 0, -1 }, zset = { 'ZRANGE', 0, -1 } }
local texts = {}
for i, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local reader = readers[redis.call('TYPE', key).ok]
  local held = redis.call(reader[1], key, unpack(reader, 2))
  texts[i] = key .. ': ' .. (type(held) == 'table' and table.concat(held, ' ') or held)
end
return texts`;

export async function openDatabase(socketPath: string): Promise<Database> {
  const connection = shareConnection({ socketPath });
  const service = await openService(connection);
  const { pipeline } = createExecutor(connection, service);
  // Known from the start: which run is the first to use a script must make no difference to it.
  await pipeline(Object.values(scripts).map(({ text }) => ['SCRIPT', 'LOAD', text]));
  const [loaded] = await connection.send([['SCRIPT', 'LOAD', LOOK]]);
  const sha = loaded?.kind === 'bulk' ? loaded.bytes.toString() : '';

  async function look({ prefix, slots, clients, ids, skus, last }: Look): Promise<StoreState> {
    const args = [clients, slots, ids, skus].map((list) => JSON.stringify(list));
    const [reply] = await connection.send([['EVALSHA', sha, '0', prefix, ...args]]);
    if (reply?.kind !== 'bulk') throw new Error(`Redis cannot be looked at: ${textOf(reply)}`);
    return stateFrom(reply.bytes.toString(), ids, clients, last);
  }

  /** One command; the service reads the rules as it is called, so the failure is for this one only. */
  function executeOne(command: string[], failure: InjectedFailure | undefined): Promise<Reply> {
    service.rules.failure = failure;
    const reply = pipeline([command]);
    service.rules.failure = undefined;
    return reply;
  }

  return {
    look,
    async execute(path, body, what, tear) {
      const commands = commandsIn(path, body);
      const steps = commands.map(async (command, at): Promise<Executed> => {
        const isRead = READS.has(command[0]?.toUpperCase() ?? '');
        const isTorn = tear !== undefined && tear.of % commands.length === at;
        const failure = isTorn ? { ...tear.failure } : undefined;
        const replied = executeOne(command, failure);
        const looked = isRead && what.last !== undefined ? undefined : look(what);
        const reply = await replied;
        const item = (reply.kind === 'array' ? reply.items[0] : reply) as Reply;
        const text = answerToJson(
          command[0]?.toUpperCase() === 'SCAN' ? sorted(item) : item,
          false,
        );
        return { command, text, after: (await looked) ?? (what.last as StoreState) };
      });
      const executed = await Promise.all(steps);
      const all = executed.map(({ text }) => text);
      const isRefused = path === '' && all[0]?.startsWith('{"error"') === true;
      const text = path === '' ? (all[0] ?? '') : `[${all.join(',')}]`;
      return [{ status: isRefused ? 400 : 200, text }, withReads(executed)];
    },
    async texts(prefix) {
      const [reply] = await connection.send([['EVAL', TEXTS, '0', `${prefix}*`]]);
      if (reply?.kind !== 'array') throw new Error(`Redis cannot be read: ${textOf(reply)}`);
      return reply.items.map((item) => (item.kind === 'bulk' ? item.bytes.toString() : ''));
    },
    send: connection.send,
    close: connection.close,
  };
}

/** After a command that only reads, the store is as the one before left it. */
function withReads(executed: Executed[]): Executed[] {
  let after: StoreState | undefined;
  return executed.map((one) => {
    const isRead = READS.has(one.command[0]?.toUpperCase() ?? '');
    const step = isRead && after !== undefined ? { ...one, after } : one;
    after = step.after;
    return step;
  });
}

/** Every command of a request, its numbers as the digits that they are. */
function commandsIn(path: string, body: string): string[][] {
  const parsed = JSON.parse(body) as unknown[];
  const commands = path === '' ? [parsed] : (parsed as unknown[][]);
  return commands.map((command) => command.map(String));
}

function textOf(reply: Reply | undefined): string {
  return reply !== undefined && 'text' in reply ? reply.text : 'no reply';
}

/** A scan finds keys in an order that depends on all other runs. */
function sorted(reply: Reply): Reply {
  if (reply.kind !== 'array') return reply;
  const [cursor, keys] = reply.items;
  if (cursor === undefined || keys?.kind !== 'array') return reply;
  const nameOf = (key: Reply) => (key.kind === 'bulk' ? key.bytes.toString() : '');
  const items = keys.items.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  return { kind: 'array', items: [cursor, { kind: 'array', items }] };
}
