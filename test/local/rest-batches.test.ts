import { expect, test } from 'vitest';
import { post, stackForFile } from './stack.ts';

const stack = stackForFile();

test('a pipeline answers each command in its order, with errors in their places', async () => {
  const { status, body } = await post(stack, '/pipeline', [
    ['SET', 'pipeline', 'text'],
    ['INCR', 'pipeline'],
    ['GET', 'pipeline'],
    ['ZADD', 'pipeline:set', 11, 'a', 22, 'b'],
  ]);
  expect(status).toBe(200);
  expect(body).toEqual([
    { result: 'OK' },
    { error: 'ERR value is not an integer or out of range' },
    { result: 'text' },
    { result: 2 },
  ]);
});

test('a command that is refused in a pipeline does not keep the others from running', async () => {
  const { body } = await post(stack, '/pipeline', [
    ['SET', 'beside', '1'],
    ['BLPOP', 'list', 0],
    ['NOSUCH'],
    ['INCR', 'beside'],
  ]);
  expect(body).toEqual([
    { result: 'OK' },
    { error: expect.stringContaining('not allowed in REST') },
    { error: expect.stringContaining("not available: 'NOSUCH'") },
    { result: 2 },
  ]);
});

test('a transaction answers each command, and one that fails does not stop the rest', async () => {
  const { status, body } = await post(stack, '/multi-exec', [
    ['SET', 'transaction', 'text'],
    ['INCR', 'transaction'],
    ['APPEND', 'transaction', '!'],
  ]);
  expect(status).toBe(200);
  expect(body).toEqual([
    { result: 'OK' },
    { error: 'ERR value is not an integer or out of range' },
    { result: 5 },
  ]);
});

test('a transaction with a command that Redis cannot queue is discarded as a whole', async () => {
  const answer = await post(stack, '/multi-exec', [['SET', 'discarded', '1'], ['GET']]);
  expect(answer).toEqual({
    status: 400,
    body: { error: 'EXECABORT Transaction discarded because of previous errors.' },
  });
  expect((await stack.command('EXISTS', 'discarded')).body).toEqual({ result: 0 });
});

test('a transaction with a command that is refused is discarded as a whole', async () => {
  const answer = await post(stack, '/multi-exec', [
    ['SET', 'refused', '1'],
    ['WATCH', 'k'],
  ]);
  expect(answer).toEqual({
    status: 400,
    body: { error: expect.stringContaining('"WATCH" is not allowed in REST') },
  });
  expect((await stack.command('EXISTS', 'refused')).body).toEqual({ result: 0 });
});

test('no other command comes between those of a transaction', async () => {
  const transactions = Array.from({ length: 40 }, () =>
    post(stack, '/multi-exec', [
      ['INCR', 'between'],
      ['INCR', 'between'],
      ['INCR', 'between'],
    ]),
  );
  const singles = Array.from({ length: 200 }, () => stack.command('INCR', 'between'));
  for (const { body } of await Promise.all(transactions)) {
    const [first = 0, ...rest] = (body as { result: number }[]).map(({ result }) => result);
    expect(rest).toEqual([first + 1, first + 2]);
  }
  const singly = (await Promise.all(singles)).map(
    ({ body }) => (body as { result: number }).result,
  );
  expect(new Set(singly).size).toBe(200);
  expect((await stack.command('GET', 'between')).body).toEqual({ result: '320' });
});

test('batches are encoded in base64 when that is asked for', async () => {
  const commands = [
    ['SET', 'base64', 'OK'],
    ['GET', 'base64'],
    ['LPUSH', 'base64', 'v'],
  ];
  for (const path of ['/pipeline', '/multi-exec']) {
    const { body } = await post(stack, path, commands, { 'Upstash-Encoding': 'base64' });
    expect(body).toEqual([
      { result: 'OK' },
      { result: 'T0s=' },
      { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
    ]);
  }
});

test('the format resp2 applies to a pipeline and not to a transaction', async () => {
  const init = {
    method: 'POST',
    body: '[["SET","resp2","v"],["GET","resp2"]]',
    headers: { 'Upstash-Response-Format': 'resp2' },
  };
  const pipeline = await stack.request('/pipeline', init);
  expect(await pipeline.text()).toBe('+OK\r\n$1\r\nv\r\n');
  const transaction = await stack.request('/multi-exec', init);
  expect(await transaction.json()).toEqual([{ result: 'OK' }, { result: 'v' }]);
});

test.each([
  ['no JSON', 'x'],
  ['no array', '{}'],
  ['no command', '[]'],
  ['a command that is no array', '["GET","k"]'],
  ['an empty command', '[["SET","half","1"],[]]'],
  ['a null argument', '[["SET","half","1"],["SET","k",null]]'],
])('a batch with %s is refused, and nothing of it runs', async (_, body) => {
  for (const path of ['/pipeline', '/multi-exec']) {
    const response = await stack.request(path, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
  }
  expect((await stack.command('EXISTS', 'half')).body).toEqual({ result: 0 });
});
