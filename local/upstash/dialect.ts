import type { Argument, Reply } from '../redis/resp.ts';
import { createScriptTranslator, type Translated } from './scripts.ts';
import type { Service } from './service.ts';

type Translator = (command: Argument[]) => Translated | undefined;

/**
 * Puts commands into the words of a plain Redis where Upstash knows a command that Redis doesn't,
 * or understands one otherwise.
 */
export function createTranslator(service: Service): (command: Argument[]) => Translated {
  const translateScript = createScriptTranslator(service);
  return (command) => dialect[upperCase(command[0])]?.(command) ?? translateScript(command);
}

const dialect: Partial<Record<string, Translator>> = {
  CLIENT: translateClient,
  COPY: translateCopy,
  SCAN: translateScan,
  XTRIM: translateTrim,
};

const LIBRARY_ATTRIBUTES = ['LIB-NAME', 'LIB-VER'];

/** SETINFO is newer than Redis 7.0, and on a connection that all requests share it says nothing. */
function translateClient(command: Argument[]): Translated | undefined {
  const [, subcommand, attribute, value, ...rest] = command;
  const wellFormed =
    upperCase(subcommand) === 'SETINFO' &&
    LIBRARY_ATTRIBUTES.includes(upperCase(attribute)) &&
    /^[!-~]*$/.test(value?.toString() ?? ' ') &&
    rest.length === 0;
  if (!wellFormed) return undefined;
  return {
    command: ['PING'],
    repair: (reply) => (reply.kind === 'status' ? { kind: 'status', text: 'OK' } : reply),
  };
}

/** To copy a key onto itself is an error in Redis; in Upstash nothing is copied. */
function translateCopy(command: Argument[]): Translated {
  const nothingCopied: Reply = { kind: 'integer', digits: '0' };
  return {
    command,
    repair: (reply) =>
      reply.kind === 'error' && reply.text === 'ERR source and destination objects are the same'
        ? nothingCopied
        : reply,
  };
}

/** Redis has TYPE for one key only, so a script asks for each, in the same turn as the scan. */
const SCAN_WITH_TYPES = `
local reply = redis.pcall('SCAN', unpack(ARGV))
if reply.err then return reply end
local typed = {}
for _, key in ipairs(reply[2]) do
  table.insert(typed, key)
  table.insert(typed, redis.call('TYPE', key).ok)
end
return {reply[1], typed}`;

/** WITHTYPE is an option of Upstash's: each key is followed by its type. */
function translateScan(command: Argument[]): Translated | undefined {
  const [, cursor = '', ...options] = command;
  const flagAt = indexOfFlag(options, 'WITHTYPE');
  if (flagAt === -1) return undefined;
  const others = options.toSpliced(flagAt, 1);
  return {
    command: ['EVAL', SCAN_WITH_TYPES, '0', cursor, ...others],
    repair: (reply) => reply,
  };
}

/** The other options come with a value each, and a pattern may well be called like the flag. */
function indexOfFlag(options: Argument[], flag: string): number {
  let at = 0;
  while (at < options.length && upperCase(options[at]) !== flag) at += 2;
  return at < options.length ? at : -1;
}

/**
 * With `~` Redis keeps up to a node's entries too many, dozens of them; Upstash keeps about none.
 * LIMIT is left alone, since Redis takes it with `~` only.
 */
function translateTrim(command: Argument[]): Translated | undefined {
  if (command.length !== 5 || command[3]?.toString() !== '~') return undefined;
  return { command: command.with(3, '='), repair: (reply) => reply };
}

function upperCase(argument: Argument = ''): string {
  return argument.toString().toUpperCase();
}
