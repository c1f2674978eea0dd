import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SERVICE_ERRORS } from '../../local/upstash/rules.ts';
import { errorOf, stackForFile, stackForTest } from './stack.ts';

const stack = stackForFile();

const value = (bytes: number) => 'x'.repeat(bytes);
const FULL: [string, unknown[], unknown[]][] = [
  ['a string', ['SET', 'k', value(1100)], ['APPEND', 'k', 'x']],
  ['a list', ['RPUSH', 'k', ...Array(120).fill(value(10))], ['LPUSH', 'k', 'x']],
  ['a hash', ['HSET', 'k', 'a', value(600), 'b', value(600)], ['HSET', 'k', 'c', 1]],
  ['a set', ['SADD', 'k', value(600), `${value(600)}y`], ['SADD', 'k', 'x']],
  ['a sorted set', ['ZADD', 'k', 1, value(600), 2, `${value(600)}y`], ['ZADD', 'k', 3, 'x']],
  ['a stream', ['XADD', 'k', '*', 'f', value(2000)], ['XADD', 'k', '*', 'f', 'x']],
];

test.each(FULL)('a record that is %s takes no more than its limit', async (_, fill, add) => {
  const { command } = await stackForTest({ rules: { recordBytesMax: 1000 } });
  await command(...fill);
  expect(errorOf(await command(...add))).toBe(SERVICE_ERRORS.recordFull);
  const script = `return redis.call('${add[0]}', KEYS[1], unpack(ARGV))`;
  const inScript = await command('EVAL', script, 1, 'k', ...add.slice(2));
  expect(errorOf(inScript)).toContain(`${SERVICE_ERRORS.recordFull} script: `);
  expect((await command('EVAL', "return redis.call('EXISTS', KEYS[1])", 1, 'k')).status).toBe(200);
  expect((await command('SET', 'another', 1)).status).toBe(200);
  expect((await command('UNLINK', 'k')).body).toEqual({ result: 1 });
  expect((await command(...add)).status).toBe(200);
});

test('what a record holds counts as payload, without what Redis needs around it', async () => {
  const { command } = await stackForTest({ rules: { recordBytesMax: 20_000 } });
  // 300 × (36 + 8) bytes are 13,200; Redis uses over 30,000 for them.
  const members = Array.from({ length: 300 }, (_, at) => [at, randomUUID()]).flat();
  await command('ZADD', 'k', ...members);
  expect((await command('ZADD', 'k', 1, randomUUID())).status).toBe(200);
});

test('a record that scripts fill little by little is found to be full', async () => {
  const { command } = await stackForTest({ rules: { recordBytesMax: 50_000 } });
  const script = "for i = 1, 50 do redis.call('RPUSH', KEYS[1], string.rep('x', 100)) end";
  const statuses = [];
  for (let calls = 0; calls < 30; calls += 1) {
    statuses.push((await command('EVAL', script, 1, 'k')).status);
  }
  expect(statuses.slice(0, 9)).not.toContain(400);
  expect(statuses.slice(15)).not.toContain(200);
});

test('a full database refuses what adds data, and takes it again once there is room', async () => {
  const { command } = await stackForTest({ rules: { databaseBytesMax: 2_000_000 } });
  const pushes = Array.from({ length: 30 }, () => command('RPUSH', 'k', value(100_000)));
  await Promise.all(pushes);
  const full = /^ERR DB capacity quota exceeded. Threshold: 2000000 bytes, Usage: \d+ bytes/;
  expect(errorOf(await command('SET', 'l', 1))).toMatch(full);
  const script = "return redis.call('SET', KEYS[1], 1)";
  expect(errorOf(await command('EVAL', script, 1, 'l'))).toMatch(full);
  expect((await command('EXISTS', 'k')).body).toEqual({ result: 1 });
  expect((await command('DEL', 'k')).body).toEqual({ result: 1 });
  expect((await command('SET', 'l', 1)).status).toBe(200);
});

const LONG = value(32 * 1024 + 1);
test.each([
  ['key', ['GET', LONG]],
  ['key', ['MSET', 'k', 1, LONG, 1]],
  ['key', ['EVAL', "return redis.call('GET', KEYS[1])", 1, LONG]],
  ['key', ['EVAL', "return redis.call('GET', KEYS[1] .. ARGV[1])", 1, 'k', LONG]],
  ['member', ['SADD', 'k', LONG]],
  ['member', ['ZADD', 'k', 1, LONG]],
  ['member', ['EVAL', "return redis.call('ZADD', KEYS[1], 1, ARGV[1])", 1, 'k', LONG]],
] as const)('a %s above 32 KB is refused', async (what, command) => {
  const error = errorOf(await stack.command(...command));
  expect(error).toMatch(
    new RegExp(`^ERR max ${what} size exceeded. Limit: 32768 bytes, Actual: 327\\d\\d bytes`),
  );
});

test('a field and a value above 32 KB are taken', async () => {
  expect((await stack.command('HSET', 'long', LONG, LONG)).status).toBe(200);
});
