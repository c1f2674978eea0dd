import { randomBytes } from 'node:crypto';
import { Lock } from '@upstash/lock';
import { Redis } from '@upstash/redis';
import { expect, test } from 'vitest';
import { stackForFile } from './stack.ts';

const stack = stackForFile();

test.each([
  ['text', 'text'],
  ['an empty string', ''],
  ['OK, which is also a status', 'OK'],
  ['8, which base64 reads OK as', 8],
  ['text that is base64 already', 'VXBzdGFzaA'],
  ['percent signs', '%%12'],
  ['an emoji', '😀'],
  ['an object', { a: [1, 'b', null] }],
  ['true', true],
  ['a fraction', -1.5],
  ['digits beyond 2^53', '101600000000150081467'],
  ['random bytes as text', randomBytes(256).toString('latin1')],
])('a value that is %s comes back as it was', async (name, value) => {
  for (const responseEncoding of ['base64', false] as const) {
    const sdk = new Redis({ url: stack.upstash.url, token: stack.token, responseEncoding });
    await sdk.set(`value:${name}`, value);
    expect(await sdk.get(`value:${name}`)).toEqual(value);
    expect(await sdk.mget(`value:${name}`, 'missing')).toEqual([value, null]);
  }
});

test('an error reaches the caller with its text', async () => {
  const sdk = stack.sdk();
  await sdk.set('text', 'v');
  await expect(sdk.lpush('text', 'v')).rejects.toThrow(/^(Command failed: )?WRONGTYPE/);
  await expect(sdk.exec(['GET'])).rejects.toThrow('wrong number of arguments');
  await expect(sdk.exec(['NOSUCH', 'k'])).rejects.toThrow("not available: 'NOSUCH'");
});

test('a client with a wrong token is told so', async () => {
  const sdk = new Redis({ url: stack.upstash.url, token: 'wrong', retry: false });
  await expect(sdk.get('k')).rejects.toThrow('WRONGPASS invalid or missing auth token');
});

test('commands of one tick go out as one pipeline, and each gets its own answer', async () => {
  const sdk = stack.sdk();
  const answers = await Promise.all([
    sdk.set('tick', 1),
    sdk.incr('tick'),
    sdk.get('tick'),
    sdk.hgetall('no tick'),
  ]);
  expect(answers).toEqual(['OK', 2, 2, null]);
});

test('a pipeline and a transaction answer in order', async () => {
  for (const batch of [stack.sdk().pipeline(), stack.sdk().multi()]) {
    batch.set('batch', 1).incr('batch').lpush('batch', 1).echo('last');
    const [ok, two, error, last] = await batch.exec({ keepErrors: true });
    expect([ok?.result, two?.result, last?.result]).toEqual(['OK', 2, 'last']);
    expect(error?.error).toMatch(/^WRONGTYPE/);
  }
});

test('numbers come as Redis writes them', async () => {
  const sdk = stack.sdk();
  expect(await sdk.incrbyfloat('float', 2.5)).toBe(2.5);
  expect(await sdk.hincrbyfloat('floats', 'f', -0.25)).toBe(-0.25);
  await sdk.zadd('scores', { score: 1.5, member: 'a' });
  await sdk.exec(['ZADD', 'scores', '+inf', 'z']);
  expect(await sdk.zrange('scores', 0, -1, { withScores: true })).toEqual(['a', 1.5, 'z', 'inf']);
  expect(await sdk.zscore('scores', 'a')).toBe(1.5);
  expect(await sdk.zmscore('scores', ['a', 'no'])).toEqual([1.5, null]);
  expect(await sdk.time()).toEqual([expect.any(Number), expect.any(Number)]);
});

test('a scan walks over all keys, of one type when asked', async () => {
  const sdk = stack.sdk();
  await Promise.all(Array.from({ length: 50 }, (_, at) => sdk.set(`scan:${at}`, at)));
  await sdk.sadd('scan:set', 'a');
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await sdk.scan(cursor, { match: 'scan:*', count: 7, type: 'string' });
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  expect(found.size).toBe(50);
  await sdk.hset('scan:hash', { a: 1, b: 'two' });
  expect(await sdk.hscan('scan:hash', 0)).toEqual(['0', ['a', 1, 'b', 'two']]);
  expect(await sdk.sscan('scan:set', 0)).toEqual(['0', ['a']]);
});

test('a function library is loaded, called and deleted', async () => {
  const sdk = stack.sdk();
  const code = `#!lua name=sluice_test
    redis.register_function{function_name='hello', callback=function(keys, args) return args[1] end, flags={'no-writes'}}`;
  expect(await sdk.functions.load({ code })).toBe('sluice_test');
  expect(await sdk.functions.call('hello', [], ['world'])).toBe('world');
  expect(await sdk.functions.callRo('hello', [], ['world'])).toBe('world');
  expect(await sdk.functions.delete('sluice_test')).toBe('OK');
});

test('what the SDK cannot write as a number is refused', async () => {
  // JSON has no Infinity: the SDK sends null.
  const unbounded = stack.sdk().zadd('unbounded', { score: Infinity, member: 'a' });
  await expect(unbounded).rejects.toThrow('ERR null args are not supported');
});

test('the lock package takes a lock, which then nobody else gets', async () => {
  const options: ConstructorParameters<typeof Lock>[0] = {
    id: 'lock',
    // The package's types name another copy of the SDK's class.
    redis: stack.sdk() as never,
    lease: 10_000,
    retry: { attempts: 1, delay: 1 },
  };
  const first = new Lock(options);
  const second = new Lock(options);
  expect(await first.acquire()).toBe(true);
  expect(await second.acquire()).toBe(false);
  expect(await first.release()).toBe(true);
  expect(await second.acquire()).toBe(true);
});
