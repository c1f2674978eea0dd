import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { errorOf, post, stackForFile, stackForTest } from './stack.ts';

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
  "return redis.call('MSET', KEYS[1], 'value', KEYS[2], 'another')",
  "return redis.call('TIME') and redis.call('PUBLISH', 'channel', 1)",
  "return redis.call('ZUNIONSTORE', KEYS[1], 1, KEYS[2])",
  "local t = {} for _, k in ipairs(KEYS) do t[#t + 1] = redis.call('EXISTS', k) end return t",
])('a flagged script with declared keys runs: %s', async (body) => {
  const { status } = await stack.command('EVAL', FLAG + body, 2, randomUUID(), randomUUID());
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

const NOSCRIPT = {
  status: 400,
  body: { error: 'NOSCRIPT No matching script. Please use EVAL.' },
};

/** How a script gets known, and whether it carries the flag. */
const WAYS = ['EVAL', 'SCRIPT LOAD'].flatMap((way) =>
  ['', FLAG].map((flag) => [way, flag] as const),
);

test.each(WAYS)('%s makes a script known by the sha1 of the text sent: %j', async (way, flag) => {
  const script = `${flag}return {ARGV[1], #ARGV, '${way}'}`;
  const sha = sha1(script);
  expect(await stack.command('EVALSHA', sha, 0)).toEqual(NOSCRIPT);
  expect((await stack.command('SCRIPT', 'EXISTS', sha)).body).toEqual({ result: [0] });
  const made = await stack.command(...way.split(' '), script, ...(way === 'EVAL' ? [0, 'v'] : []));
  expect(made.body).toEqual({ result: way === 'EVAL' ? ['v', 1, way] : sha });
  expect((await stack.command('SCRIPT', 'EXISTS', sha, sha1('no'))).body).toEqual({
    result: [1, 0],
  });
  for (const name of ['EVALSHA', 'evalsha_ro']) {
    const { body } = await stack.command(name, sha.toUpperCase(), 0, 'v');
    expect(body).toEqual({ result: ['v', 1, way] });
  }
});

test('scripts are loaded, run and forgotten in pipelines and transactions, too', async () => {
  const script = `${FLAG}return redis.call('INCRBY', KEYS[1], ARGV[1])`;
  for (const path of ['/pipeline', '/multi-exec']) {
    const { body } = await post(stack, path, [
      ['SCRIPT', 'LOAD', script],
      ['EVAL', script, 1, path, 2],
      ['EVALSHA', sha1(script), 1, path, 3],
      ['SCRIPT', 'FLUSH'],
      ['EVALSHA', sha1(script), 1, path, 3],
    ]);
    const done = [sha1(script), 2, 5, 'OK'].map((result) => ({ result }));
    expect(body).toEqual([...done, NOSCRIPT.body]);
  }
});

test.each([
  ['a command', 3, "redis.call('SET', KEYS[1], 'v')\nreturn redis.call('INCR', KEYS[1])"],
  ['a command in a function', 2, "local f = function() redis.call('INCR') end\nf()"],
  ['an error table', 3, "\nerror({err = 'MY own'})"],
  ['a text', 3, "\nerror('own')"],
  ['a missing value', 3, '\nreturn KEYS[2].field'],
])('an error by %s names the line and the sha1 of the text sent', async (_, line, body) => {
  const error = errorOf(await stack.command('EVAL', FLAG + body, 1, 'failing'));
  expect(error).toMatch(new RegExp(`script: ${sha1(FLAG + body)}, on @user_script:${line}\\.$`));
});

test.each([
  ['nil', 'return nil', null],
  ['false', 'return false', null],
  ['a status', "return redis.status_reply('FINE')", 'FINE'],
  ['a table that ends early', 'return {1, nil, 3}', [1]],
  ['nested tables', "return {1, {'a', {}}, false, 2.9}", [1, ['a', []], null, 2]],
  ['nothing', '-- a comment at the end', null],
])('a script may answer %s', async (_, script, result) => {
  expect((await stack.command('EVAL', script, 0)).body).toEqual({ result });
});

test('an error that a script returns has no line', async () => {
  const { body } = await stack.command('EVAL', "return {err = 'MY own'}", 0);
  expect(body).toEqual({ error: 'MY own' });
});

const SET = "return redis.call('SET', KEYS[1], 1)";
test.each([
  ['EVAL_RO', FLAG + SET, 'Write commands are not allowed'],
  ['EVAL', `#!lua flags=no-writes,allow-key-locking\n${SET}`, 'Write commands are not allowed'],
  ['EVAL', '#!lua flags=nonsense\nreturn 1', 'Unexpected flag'],
  ['EVAL', `${FLAG}return return`, 'Error compiling script'],
])('%s refuses %j as Redis does', async (name, script, error) => {
  expect(errorOf(await stack.command(name, script, 1, 'k'))).toContain(error);
});

test('more keys than arguments are refused as Redis does', async () => {
  const error = errorOf(await stack.command('EVAL', 'return 1', 2, 'k'));
  expect(error).toBe("ERR Number of keys can't be greater than number of args");
});
