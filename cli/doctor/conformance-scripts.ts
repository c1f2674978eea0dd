import { createHash, randomUUID } from 'node:crypto';
import { runScript } from '../../lib/redis/run-script.ts';
import type { Script } from '../../lib/redis/scripts.ts';
import { type Check, mustBe, NotSo } from './check.ts';
import type { RedisSide } from './redis-side.ts';
import { SCRATCH_TTL_MS } from './scratch.ts';

/** More values than any script of Sluice unpacks: 500 orders, with two each. */
const UNPACKED = 4_000;

export const SCRIPT_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'evalsha',
    looksAt: 'NOSCRIPT for an unknown script, EVAL after it, and EVALSHA from then on',
    otherwise: 'No order could be taken in after Redis was restarted.',
    run: evalshaFallsBack,
  },
  {
    name: 'script error',
    looksAt: 'an error in the middle of a script ends it, and undoes nothing',
    otherwise: 'Scripts undo by hand what they wrote: done twice, that would lose orders.',
    run: errorUndoesNothing,
  },
  {
    name: 'caught error',
    looksAt: 'redis.pcall gives an error to the script instead of ending it',
    otherwise: 'One broken order would stop all others of its batch.',
    run: errorIsCaught,
  },
  {
    name: 'unpack',
    looksAt: `a script passes ${UNPACKED} values on to one command`,
    otherwise: 'Large batches would fail; SLUICE_BATCH_SIZE=50 is a way round it.',
    run: unpackOfThousands,
  },
  {
    name: 'replies',
    looksAt: 'numbers, texts, nil and lists in the reply of a script',
    otherwise: 'Answers of scripts would be read wrongly.',
    run: repliesAreConverted,
  },
  {
    name: 'values',
    looksAt: 'what commands give to a script: scores, what is not there, counts',
    otherwise: 'Repeated submits and claims would misjudge orders.',
    run: valuesAreGiven,
  },
  {
    name: 'time',
    looksAt: 'TIME, also inside a script that writes',
    otherwise: 'The clocks could not be compared.',
    run: timeIsTold,
  },
];

/** A script that no server has seen, so that it must be sent whole once. */
function unseen(body: string): Script {
  const text = `-- ${randomUUID()}\n${body}`;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

async function evalshaFallsBack({ client }: RedisSide): Promise<string> {
  const script = unseen('return {ARGV[1]}');
  const before = await client.redis
    .evalsha(script.sha1, [], ['a'])
    .then(() => 'an answer', errorCodeOf);
  mustBe('EVALSHA of an unknown script', before, 'NOSCRIPT');
  mustBe('EVAL after it', await runScript(client.redis, script, [], ['b']), ['b']);
  const after = await client.redis.evalsha(script.sha1, [], ['c']).catch(errorCodeOf);
  mustBe('EVALSHA from then on', after, ['c']);
  return 'NOSCRIPT, then EVAL, then EVALSHA';
}

/** The first word of what Redis says, without the `ERR` that some servers put in front. */
function errorCodeOf(error: Error): string {
  return /^(?:ERR )?([A-Z]+)/.exec(error.message)?.[1] ?? error.message.slice(0, 80);
}

const WRITE_AND_FAIL = `
redis.call('SET', KEYS[1], 'written', 'PX', ARGV[1])
redis.call('HGET', KEYS[1], 'field')
redis.call('SET', KEYS[1], 'went on', 'PX', ARGV[1])
return {1}`;

async function errorUndoesNothing({ client, scratch }: RedisSide): Promise<string> {
  const key = scratch.key('mid-script');
  const said = await client.redis
    .eval(WRITE_AND_FAIL, [key], [String(SCRATCH_TTL_MS)])
    .then(() => 'an answer', errorCodeOf);
  mustBe('a script with a wrong command', said, 'WRONGTYPE');
  mustBe('what it had written', await client.redis.get(key), 'written');
  return 'it ended there, and what it had written stayed';
}

const CATCH = `
redis.call('SET', KEYS[1], 'text', 'PX', ARGV[1])
local caught = redis.pcall('HGET', KEYS[1], 'field')
return {type(caught), string.find(caught.err, 'WRONGTYPE') and 'WRONGTYPE' or caught.err}`;

async function errorIsCaught({ client, scratch }: RedisSide): Promise<string> {
  const keys = [scratch.key('caught')];
  const reply = await client.redis.eval(CATCH, keys, [String(SCRATCH_TTL_MS)]);
  mustBe('a caught error', reply, ['table', 'WRONGTYPE']);
  return 'WRONGTYPE, and the script went on';
}

const UNPACK = `
local scored = {}
for i = 1, tonumber(ARGV[1]) / 2 do
  scored[2 * i - 1], scored[2 * i] = i, 'member-' .. i
end
local added = redis.call('ZADD', KEYS[1], unpack(scored))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {added, redis.call('ZCARD', KEYS[1])}`;

async function unpackOfThousands({ client, scratch }: RedisSide): Promise<string> {
  const keys = [scratch.key('unpacked')];
  const args = [UNPACKED, SCRATCH_TTL_MS].map(String);
  const reply = await client.redis.eval(UNPACK, keys, args);
  mustBe('members added and there', reply, [UNPACKED / 2, UNPACKED / 2]);
  return `${UNPACKED} values in one command`;
}

const REPLY = `
return {1, '1', false, {2, 'x', {}}, '', '1.0', 'true', string.format('%.0f', 2 ^ 53 - 1), -7}`;

async function repliesAreConverted({ client }: RedisSide): Promise<string> {
  const reply = await client.redis.eval(REPLY, [], []);
  const expected = [1, '1', null, [2, 'x', []], '', '1.0', 'true', '9007199254740991', -7];
  mustBe('the reply', reply, expected);
  return 'as written: 1 is a number, "1" a text, false is null';
}

/** A time in milliseconds, which scripts compare as the text that they were given. */
const SCORE = '1795268220123';
const VALUES = `
local added = redis.call('ZADD', KEYS[1], ARGV[1], 'a')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], 'field', '1', 'other', '2')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local values = redis.call('HMGET', KEYS[2], 'none', 'field')
return {
  added,
  tostring(redis.call('ZSCORE', KEYS[1], 'a') == ARGV[1]),
  tostring(redis.call('ZSCORE', KEYS[1], 'none')),
  tostring(values[1]), type(values[2]),
  type(redis.call('HSET', KEYS[2], 'field', '3')),
  tostring(redis.call('GET', KEYS[3])),
  #redis.call('LRANGE', KEYS[3], 0, -1),
  redis.call('DEL', KEYS[3]),
}`;

async function valuesAreGiven({ client, scratch }: RedisSide): Promise<string> {
  const keys = ['scores', 'fields', 'none'].map((name) => scratch.key(name));
  const reply = await client.redis.eval(VALUES, keys, [SCORE, String(SCRATCH_TTL_MS)]);
  const expected = [1, 'true', 'false', 'false', 'string', 'number', 'false', 0, 0];
  mustBe('what a script was given', reply, expected);
  return 'scores as they were written, false for what is not there';
}

const TIME = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], time[1], 'PX', ARGV[1])
return time`;

async function timeIsTold({ client, scratch }: RedisSide): Promise<string> {
  const keys = [scratch.key('time')];
  const told = await client.redis.eval(TIME, keys, [String(SCRATCH_TTL_MS)]);
  const [seconds, micros] = Array.isArray(told) ? told.map(String) : [];
  if (!/^\d{10,}$/.test(seconds ?? '') || !/^\d{1,6}$/.test(micros ?? '')) {
    throw new NotSo(`TIME in a script answers ${JSON.stringify(told)}`);
  }
  return 'seconds and microseconds';
}
