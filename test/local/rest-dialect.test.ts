import { expect, test } from 'vitest';
import { post, stackForFile } from './stack.ts';

const stack = stackForFile();

test.each(['LIB-NAME', 'lib-ver'])('a client may tell its %s', async (attribute) => {
  const command = ['CLIENT', 'setinfo', attribute, 'redis-js'];
  expect(await stack.command(...command)).toEqual({ status: 200, body: { result: 'OK' } });
  for (const path of ['/pipeline', '/multi-exec']) {
    const { body } = await post(stack, path, [['PING'], command]);
    expect(body).toEqual([{ result: 'PONG' }, { result: 'OK' }]);
  }
});

test.each([
  ['something else', ['LIB-AGE', '1']],
  ['a name with a space', ['LIB-NAME', 'redis js']],
  ['no value', ['LIB-NAME']],
  ['a value too many', ['LIB-NAME', 'a', 'b']],
])('a client that tells %s is refused', async (_, words) => {
  const { status, body } = await stack.command('CLIENT', 'SETINFO', ...words);
  expect(status).toBe(400);
  expect(body).toEqual({ error: expect.stringMatching(/^ERR /) });
});

test('a key that is copied onto itself stays, and nothing is copied', async () => {
  await stack.command('SET', 'copied', 'v');
  expect(await stack.sdk().copy('copied', 'copied')).toBe('NOT_COPIED');
  const { body } = await post(stack, '/multi-exec', [
    ['COPY', 'copied', 'copied', 'REPLACE'],
    ['COPY', 'copied', 'another'],
    ['GET', 'copied'],
  ]);
  expect(body).toEqual([{ result: 0 }, { result: 1 }, { result: 'v' }]);
});

test('a wrong COPY is still an error', async () => {
  const { status, body } = await stack.command('COPY', 'copied');
  expect(status).toBe(400);
  expect(body).toEqual({ error: "ERR wrong number of arguments for 'copy' command" });
});

test('a scan with WITHTYPE tells the type of each key', async () => {
  const sdk = stack.sdk();
  await sdk.set('typed:string', 'v');
  await sdk.rpush('typed:list', 'v');
  await sdk.zadd('typed:zset', { score: 1, member: 'v' });
  await sdk.xadd('typed:stream', '*', { f: 'v' });
  const found = [];
  let cursor = '0';
  do {
    const page = await sdk.scan(cursor, { match: 'typed:*', count: 2, withType: true });
    found.push(...page[1]);
    cursor = page[0];
  } while (cursor !== '0');
  expect(found.sort((a, b) => a.key.localeCompare(b.key))).toEqual([
    { key: 'typed:list', type: 'list' },
    { key: 'typed:stream', type: 'stream' },
    { key: 'typed:string', type: 'string' },
    { key: 'typed:zset', type: 'zset' },
  ]);
});

test('a scan with WITHTYPE works in a pipeline and in a transaction', async () => {
  await stack.command('SET', 'withtype', 'v');
  const scan = ['SCAN', 0, 'MATCH', 'withtype', 'withtype', 'COUNT', 1000];
  for (const path of ['/pipeline', '/multi-exec']) {
    const { body } = await post(stack, path, [['PING'], scan]);
    expect(body).toEqual([{ result: 'PONG' }, { result: ['0', ['withtype', 'string']] }]);
  }
});

test('a pattern may be called withtype', async () => {
  await stack.command('SET', 'withtype', 'v');
  const { body } = await stack.command('SCAN', 0, 'MATCH', 'withtype', 'COUNT', 1000);
  expect(body).toEqual({ result: ['0', ['withtype']] });
});

test('a wrong scan with WITHTYPE is refused in the words of a scan', async () => {
  expect(await stack.command('SCAN', 'x', 'WITHTYPE')).toEqual({
    status: 400,
    body: { error: 'ERR invalid cursor' },
  });
  expect(await stack.command('SCAN', 0, 'WITHTYPE', 'NONSENSE')).toEqual({
    status: 400,
    body: { error: 'ERR syntax error' },
  });
});

test('a stream that is trimmed to about a length keeps no dozens of entries too many', async () => {
  const entries = Array.from({ length: 250 }, () => ['XADD', 'trimmed', '*', 'f', 'v']);
  await post(stack, '/pipeline', entries);
  expect(await stack.sdk().xtrim('trimmed', { strategy: 'MAXLEN', threshold: 120 })).toBe(130);
  expect((await stack.command('XLEN', 'trimmed')).body).toEqual({ result: 120 });
});

test('a trim with LIMIT, which Redis takes for approximate trims only, is left as it is', async () => {
  for (const id of ['1-1', '2-1']) await stack.command('XADD', 'limited', id, 'f', 'v');
  const trim = ['XTRIM', 'limited', 'MINID', '~', '2-1', 'LIMIT', 10];
  expect((await stack.command(...trim)).body).toEqual({ result: 0 });
});
