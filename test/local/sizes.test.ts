import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SERVICE_ERRORS } from '../../local/upstash/rules.ts';
import { errorOf, post, stackForFile, stackForTest } from './stack.ts';

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

test('a record that short scripts fill with long values is found to be full', async () => {
  const { command } = await stackForTest({ rules: { recordBytesMax: 500_000 } });
  const script = "for i = 1, 50 do redis.call('RPUSH', KEYS[1], string.rep('x', 1000)) end";
  const statuses = [];
  for (let calls = 0; calls < 25; calls += 1) {
    statuses.push((await command('EVAL', script, 1, 'k')).status);
  }
  expect(statuses.slice(0, 10)).not.toContain(400);
  expect(statuses.slice(-5)).not.toContain(200);
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

const MIB = 1024 * 1024;

test('a value of nearly 10 MB goes in and comes out unharmed', async () => {
  const value = 'ü'.repeat(5 * MIB - 100);
  expect((await stack.command('SET', 'large', value)).body).toEqual({ result: 'OK' });
  const { body } = await stack.command('GET', 'large');
  expect((body as { result: string }).result === value).toBe(true);
});

test('a request above 10 MB is refused with an error, and the next one is served', async () => {
  for (const [path, bytes] of [
    ['/', 10 * MIB + 1],
    ['/pipeline', 12 * MIB],
    ['/set/large', 25 * MIB],
  ] as const) {
    const response = await stack.request(path, { method: 'POST', body: Buffer.alloc(bytes, 'x') });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: expect.stringContaining(`Limit: 10485760 bytes, Actual: ${bytes} bytes`),
    });
  }
  expect((await stack.command('PING')).body).toEqual({ result: 'PONG' });
});

test('a reply above 10 MB is refused with an error in its place', async () => {
  await post(stack, '/', ['SET', 'half', 'x'.repeat(6 * MIB)]);
  const { status, body } = await post(stack, '/pipeline', [
    ['MGET', 'half', 'half'],
    ['STRLEN', 'half'],
  ]);
  expect(status).toBe(200);
  expect(body).toEqual([
    { error: expect.stringContaining('max request size exceeded. Limit: 10485760 bytes') },
    { result: 6 * MIB },
  ]);
});

test('a pipeline whose replies are above 10 MB together is refused as a whole', async () => {
  await post(stack, '/', ['SET', 'most', 'x'.repeat(6 * MIB)]);
  const { status, body } = await post(stack, '/pipeline', [
    ['GET', 'most'],
    ['GET', 'most'],
  ]);
  expect(status).toBe(400);
  expect(body).toEqual({ error: expect.stringContaining('max request size exceeded') });
});

test('a database that is full already refuses the first command that adds data', async () => {
  const { command, rules } = await stackForTest();
  await command('SET', 'k', 1);
  rules.databaseBytesMax = 1;
  expect(errorOf(await command('SET', 'l', 1))).toContain('ERR DB capacity quota exceeded');
  expect((await command('GET', 'k')).body).toEqual({ result: '1' });
  rules.databaseBytesMax = 1e9;
  expect((await command('SET', 'l', 1)).status).toBe(200);
});
