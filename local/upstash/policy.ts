import type { Argument } from '../redis/resp.ts';

const names = (list: string): Set<string> => new Set(list.trim().split(/\s+/));

/** What Upstash has, but not over REST: it belongs to a connection, and REST has none. */
const NOT_OVER_REST = names(`
  BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF
  MULTI EXEC DISCARD WATCH UNWATCH
  SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR
  AUTH HELLO QUIT RESET CLIENT
`);

/** What a Redis has for its administrator, and Upstash has not. */
const UNAVAILABLE = names(`
  SHUTDOWN DEBUG CONFIG SAVE BGSAVE BGREWRITEAOF LASTSAVE MODULE MIGRATE SWAPDB MOVE ACL
  REPLICAOF SLAVEOF FAILOVER SYNC PSYNC REPLCONF ROLE LATENCY SLOWLOG PFDEBUG PFSELFTEST
  RESTORE-ASKING READONLY READWRITE ASKING CLUSTER
`);

/**
 * Says what the service says to a command that it does not take over REST. Most of them would
 * also harm the connection to Redis, which all requests share.
 *
 * @returns the error's text, or undefined when the command may run
 * @see https://upstash.com/docs/redis/features/restapi
 */
export function refusal(command: Argument[]): string | undefined {
  const name = upperCase(command[0] ?? '');
  if (name === 'CLIENT' && upperCase(command[1] ?? '') === 'SETINFO') return undefined;
  if (NOT_OVER_REST.has(name)) return notOverRest(name);
  if (UNAVAILABLE.has(name)) return unavailable(name);
  if (name === 'SELECT' && command[1]?.toString() !== '0') return notOverRest(name);
  if (name === 'SCRIPT' && upperCase(command[1] ?? '') === 'DEBUG')
    return unavailable('SCRIPT DEBUG');
  if ((name === 'XREAD' || name === 'XREADGROUP') && blocks(command)) return notOverRest(name);
  return undefined;
}

/** What the service says where Redis says that it knows no such command. */
export function unavailable(name: string): string {
  return `ERR Command is not available: '${name}'. See https://upstash.com/docs/redis/overall/rediscompatibility for details`;
}

function notOverRest(name: string): string {
  return `ERR Command "${name}" is not allowed in REST or it has a special context path`;
}

/** BLOCK is an option in front of STREAMS; elsewhere it is a stream's, group's or consumer's name. */
function blocks(command: Argument[]): boolean {
  const words = command.map(upperCase);
  const optionsAt = words[1] === 'GROUP' ? 4 : 1;
  const streamsAt = words.indexOf('STREAMS', optionsAt);
  return words.slice(optionsAt, streamsAt === -1 ? undefined : streamsAt).includes('BLOCK');
}

function upperCase(argument: Argument): string {
  return argument.toString().toUpperCase();
}
