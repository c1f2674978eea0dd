import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { stackForFile, stackForTest } from './stack.ts';

const stack = stackForFile();

const FLAG = '#!lua flags=allow-key-locking\n';
const sha1 = (script: string): string => createHash('sha1').update(script).digest('hex');
const dynamicKey = (key: string) =>
  `ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: ${key}`;

/** Scripts that get KEYS[1] = 'k', and a key of theirs that is not in KEYS. */
const UNDECLARED: [string, string, string][] = [
  ['as the only key', "redis.call('SET', 'x', 1)", 'x'],
  ['of a command in lower case', "redis.call('set', 'x', 1)", 'x'],
  ['behind a declared one', "redis.call('MGET', KEYS[1], 'x')", 'x'],
  ['among pairs', "redis.call('MSET', KEYS[1], 'k', 'x', 1)", 'x'],
  ['that is a number', "redis.call('GET', 7)", '7'],
  ['made from an argument', "redis.call('GET', 'order:' .. ARGV[1])", 'order:a'],
  ['of a command with keys to count', "redis.call('ZUNION', 2, KEYS[1], 'x')", 'x'],
  ['behind STREAMS', "redis.call('XREAD', 'STREAMS', KEYS[1], 'x', 0, 0)", 'x'],
  ['of a subcommand', "redis.call('OBJECT', 'ENCODING', 'x')", 'x'],
  ['of a command whose name is made up', "redis.call('G' .. 'ET', 'x')", 'x'],
];

test.each(UNDECLARED)('a flagged script is refused a key %s', async (_, body, key) => {
  const answer = await stack.command('EVAL', FLAG + body, 1, 'k', 'a');
  const sha = sha1(FLAG + body);
  expect(answer).toEqual({
    status: 400,
    body: { error: `${dynamicKey(key)} script: ${sha}, on @user_script:2.` },
  });
});

test.each(UNDECLARED)('without the flag a key %s is counted', async (_, body, key) => {
  const own = `${body} -- ${randomUUID()}`;
  await stack.command('EVAL', own, 1, 'k', 'a');
  expect(stack.upstash.usage.undeclaredKeys[sha1(own)]).toBe(key);
});

test.each([
  "return redis.call('MGET', KEYS[1], KEYS[2])",
  "return redis.call('TIME') and redis.call('PUBLISH', 'channel', 1)",
  "return redis.call('ZUNIONSTORE', KEYS[1], 1, KEYS[2])",
  "local t = {} for _, k in ipairs(KEYS) do t[#t + 1] = redis.call('EXISTS', k) end return t",
])('a flagged script with declared keys runs: %s', async (body) => {
  const { status } = await stack.command('EVAL', FLAG + body, 2, 'declared:1', 'declared:2');
  expect(status).toBe(200);
});

test('a refused key is an answer to pcall, and nothing of the command is done', async () => {
  const script = `${FLAG}return {redis.pcall('SET', 'undone', 1).err, redis.call('SET', KEYS[1], 1).ok}`;
  const { body } = await stack.command('EVAL', script, 1, 'done');
  expect(body).toEqual({ result: [dynamicKey('undone'), 'OK'] });
  expect((await stack.command('EXISTS', 'undone')).body).toEqual({ result: 0 });
});

test('undeclared keys can be refused without the flag, too', async () => {
  const own = await stackForTest({ rules: { undeclaredKeys: 'refuse' } });
  const { body } = await own.command('EVAL', "return redis.call('GET', 'x')", 1, 'k');
  expect(body).toEqual({
    error: expect.stringMatching(/^ERR Script touches a key that is not in KEYS: x script: /),
  });
});
