import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { post, stackForFile } from './stack.ts';

const stack = stackForFile();

const sha1 = (script: string): string => createHash('sha1').update(script).digest('hex');
const flagged = (body: string): string => `#!lua flags=allow-key-locking\n${body}`;
const NOSCRIPT = {
  status: 400,
  body: { error: 'NOSCRIPT No matching script. Please use EVAL.' },
};

test('a script with the flag allow-key-locking runs', async () => {
  const script = flagged('return {KEYS[1], ARGV[1]}');
  expect((await stack.command('EVAL', script, 1, 'k', 'v')).body).toEqual({ result: ['k', 'v'] });
});

test('the flag is taken out from among others, which keep their effect', async () => {
  const script = '#!lua flags=no-writes,allow-key-locking\nreturn redis.call("SET", KEYS[1], 1)';
  const { status, body } = await stack.command('EVAL', script, 1, 'k');
  expect(status).toBe(400);
  expect(body).toEqual({ error: expect.stringContaining('Write commands are not allowed') });
});

test('a flag that nobody knows is refused as usual', async () => {
  const { status } = await stack.command('EVAL', '#!lua flags=nonsense\nreturn 1', 0);
  expect(status).toBe(400);
});

test('EVALSHA finds a flagged script by the sha1 of its original text', async () => {
  const script = flagged('return "found by sha"');
  expect(await stack.command('EVALSHA', sha1(script), 0)).toEqual(NOSCRIPT);
  await stack.command('EVAL', script, 0);
  for (const name of ['EVALSHA', 'EVALSHA_RO']) {
    const { body } = await stack.command(name, sha1(script).toUpperCase(), 0);
    expect(body).toEqual({ result: 'found by sha' });
  }
});

test('SCRIPT LOAD answers with the sha1 of the original text, and SCRIPT EXISTS knows it', async () => {
  const script = flagged('return "loaded"');
  expect((await stack.command('SCRIPT', 'EXISTS', sha1(script))).body).toEqual({ result: [0] });
  const { body } = await stack.command('SCRIPT', 'LOAD', script);
  expect(body).toEqual({ result: sha1(script) });
  const exists = await stack.command('SCRIPT', 'EXISTS', sha1(script), sha1('another'));
  expect(exists.body).toEqual({ result: [1, 0] });
  expect((await stack.command('EVALSHA', sha1(script), 0)).body).toEqual({ result: 'loaded' });
});

test('a flagged script works in a pipeline and in a transaction', async () => {
  const script = flagged('return redis.call("INCRBY", KEYS[1], ARGV[1])');
  for (const path of ['/pipeline', '/multi-exec']) {
    const { body } = await post(stack, path, [
      ['SCRIPT', 'LOAD', script],
      ['EVAL', script, 1, path, 2],
      ['EVALSHA', sha1(script), 1, path, 3],
    ]);
    expect(body).toEqual([{ result: sha1(script) }, { result: 2 }, { result: 5 }]);
  }
});

test('an error in a flagged script names the line and the sha1 of the original text', async () => {
  const script = flagged('local a = 1\nreturn redis.call("INCR", KEYS[1], a)');
  const { body } = await stack.command('EVAL', script, 1, 'k');
  const { error } = body as { error: string };
  expect(error).toContain(`script: ${sha1(script)}`);
  expect(error).toContain('on @user_script:3');
});

test('a script without the flag is sent as it is', async () => {
  const script = 'return "plain"';
  expect((await stack.command('SCRIPT', 'LOAD', script)).body).toEqual({ result: sha1(script) });
  expect((await stack.command('EVALSHA', sha1(script), 0)).body).toEqual({ result: 'plain' });
});

test('EVAL_RO runs a flagged script that reads and refuses one that writes', async () => {
  const reads = await stack.command(
    'EVAL_RO',
    flagged('return redis.call("GET", KEYS[1])'),
    1,
    'k',
  );
  expect(reads.body).toEqual({ result: null });
  const writes = flagged('return redis.call("SET", KEYS[1], 1)');
  const { status, body } = await stack.command('EVAL_RO', writes, 1, 'k');
  expect(status).toBe(400);
  expect(body).toEqual({ error: expect.stringContaining('Write commands are not allowed') });
});

test('SCRIPT FLUSH forgets a flagged script too', async () => {
  const script = flagged('return "flushed"');
  const { body } = await post(stack, '/multi-exec', [
    ['EVAL', script, 0],
    ['SCRIPT', 'FLUSH'],
    ['EVALSHA', sha1(script), 0],
  ]);
  expect(body).toEqual([{ result: 'flushed' }, { result: 'OK' }, NOSCRIPT.body]);
});
