import type { SharedConnection } from '../redis/connection.ts';
import type { Argument } from '../redis/resp.ts';
import { type Commands, keysOf, nameOf, textOf } from './commands.ts';
import {
  DEFAULT_RULES,
  databaseFull,
  isLong,
  MEMBER_COMMANDS,
  nameTooLarge,
  type Rules,
  SERVICE_ERRORS,
} from './rules.ts';

/** Holds keys and the whole database to the sizes that the rules allow. */
export type Limits = {
  /** Keys that nothing more can be added to. */
  readonly fullRecords: ReadonlySet<string>;
  /** The service's error, where the whole database is full. */
  readonly databaseFull: string | undefined;
  /** What is wrong with a command, its keys or what they hold already. */
  refusal(command: Argument[]): string | undefined;
  /** Looks at the database's size, where its limit has changed since the last look. */
  refresh(): Promise<void> | undefined;
  /** Looks at what grew, after commands have run. */
  observe(commands: Argument[][], billedCommands: number): Promise<void>;
};

/** A key is looked at about once in so many parts of what it may hold. */
const CHECKS_TO_A_LIMIT = 100;
/** What a command inside a script is taken to write at least. */
const INNER_COMMAND_BYTES = 64;

/**
 * Sizes are sampled, not tracked: each time that another hundredth of the limit was written, the
 * keys of the command that passed it are looked at. A key that gets a share of what is written gets
 * the same share of the looks, so a record overruns its limit by a few hundredths at most, and what
 * is not large costs nothing.
 */
export function createLimits(
  connection: SharedConnection,
  rules: Rules,
  commands: Commands,
): Limits {
  const fullRecords = new Set<string>();
  let full: string | undefined;
  let bytesSince = 0;
  let databaseBytesMax = DEFAULT_RULES.databaseBytesMax;

  async function check(keys: string[]): Promise<void> {
    databaseBytesMax = rules.databaseBytesMax;
    const memory: Argument[][] = keys.map((key) => ['MEMORY', 'USAGE', key]);
    const [info, ...used] = await connection.send([['INFO', 'memory'], ...memory]);
    const dataset = Number(/^used_memory_dataset:(\d+)/m.exec(textOf(info))?.[1] ?? 0);
    // Redis takes off what it needs itself, and wraps around below zero while large requests are under way.
    const bytes = dataset > Number.MAX_SAFE_INTEGER ? 0 : dataset;
    full = bytes > databaseBytesMax ? databaseFull(databaseBytesMax, bytes) : undefined;
    // A record's memory is never less than what it holds.
    const isLarge = (_: string, at: number) => Number(textOf(used[at])) > rules.recordBytesMax;
    const large = keys.filter(isLarge);
    const payloads = await connection.send(large.map((key) => ['EVAL', PAYLOAD_BYTES, '1', key]));
    for (const key of keys) fullRecords.delete(key);
    for (const [at, key] of large.entries()) {
      if (Number(textOf(payloads[at])) > rules.recordBytesMax) fullRecords.add(key);
    }
  }

  return {
    fullRecords,
    get databaseFull() {
      return full;
    },
    refusal(command) {
      const name = nameOf(command);
      const long = command.find(isLong);
      const grows = commands.get(name)?.grows === true;
      const isFull = grows && (full !== undefined || fullRecords.size > 0);
      if (long === undefined && !isFull) return undefined;
      const keys = keysOf(command, commands);
      const longKey = keys.find(isLong);
      if (longKey !== undefined) return nameTooLarge('key', Buffer.byteLength(longKey));
      if (long !== undefined && MEMBER_COMMANDS.includes(name)) {
        return nameTooLarge('member', Buffer.byteLength(long));
      }
      // A script may well only read: its guard refuses what adds data.
      if (!isFull || name.startsWith('EVAL')) return undefined;
      if (full !== undefined) return full;
      return keys.some((key) => fullRecords.has(key.toString()))
        ? SERVICE_ERRORS.recordFull
        : undefined;
    },
    refresh: () => (rules.databaseBytesMax === databaseBytesMax ? undefined : check([])),
    async observe(sent, billedCommands) {
      const step = Math.min(rules.recordBytesMax, rules.databaseBytesMax) / CHECKS_TO_A_LIMIT;
      bytesSince += (billedCommands - sent.length) * INNER_COMMAND_BYTES;
      const touched = new Set<string>();
      for (const command of sent) {
        bytesSince += sizeOf(command);
        const isDue = bytesSince >= step;
        if (!isDue && full === undefined && fullRecords.size === 0) continue;
        for (const key of keysOf(command, commands).map(String)) {
          if (isDue || fullRecords.has(key)) touched.add(key);
        }
        // Not always after the same amount, which a repeating load could evade.
        if (isDue) bytesSince = -Math.random() * step;
      }
      if (touched.size > 0 || full !== undefined) await check([...touched]);
    },
  };
}

function sizeOf(command: Argument[]): number {
  return command.reduce((bytes, argument) => bytes + argument.length, 0);
}

/** What a record holds, by samples of 100 of its elements; a stream's memory is near enough. */
const PAYLOAD_BYTES = `
local key = KEYS[1]
local kind = redis.call('TYPE', key).ok
local function mean(sample, divisor, more)
  local bytes = 0
  for _, value in ipairs(sample) do bytes = bytes + #value end
  return bytes / math.max(#sample / divisor, 1) + (more or 0)
end
if kind == 'string' then return redis.call('STRLEN', key) end
if kind == 'list' then
  return redis.call('LLEN', key) * mean(redis.call('LRANGE', key, 0, 99), 1)
elseif kind == 'hash' then
  return redis.call('HLEN', key) * mean(redis.call('HRANDFIELD', key, 100, 'WITHVALUES'), 2)
elseif kind == 'set' then
  return redis.call('SCARD', key) * mean(redis.call('SRANDMEMBER', key, 100), 1)
elseif kind == 'zset' then
  return redis.call('ZCARD', key) * mean(redis.call('ZRANDMEMBER', key, 100), 1, 8)
end
return redis.call('MEMORY', 'USAGE', key) or 0`;
