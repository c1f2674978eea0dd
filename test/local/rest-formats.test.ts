import { expect, test } from 'vitest';
import { post, stackForFile } from './stack.ts';

const stack = stackForFile();

test('bytes that are no UTF-8 become replacement characters in plain JSON', async () => {
  await stack.request('/set/no-utf8', { method: 'POST', body: Uint8Array.of(0x61, 0xff) });
  expect((await stack.command('GET', 'no-utf8')).body).toEqual({ result: 'a\uFFFD' });
});

test('with base64 every string is encoded except the status OK', async () => {
  const headers = { 'Upstash-Encoding': 'base64' };
  const ask = async (...command: string[]): Promise<unknown> =>
    (await post(stack, '/', command, headers)).body;
  expect(await ask('SET', 'encoded', 'OK')).toEqual({ result: 'OK' });
  expect(await ask('GET', 'encoded')).toEqual({ result: 'T0s=' });
  expect(await ask('PING')).toEqual({ result: 'UE9ORw==' });
  expect(await ask('TYPE', 'encoded')).toEqual({ result: 'c3RyaW5n' });
  expect(await ask('STRLEN', 'encoded')).toEqual({ result: 2 });
  expect(await ask('EVAL', 'return {"a", {"b"}, 1}', '0')).toEqual({
    result: ['YQ==', ['Yg=='], 1],
  });
  expect(await ask('LPUSH', 'encoded', 'v')).toEqual({
    error: 'WRONGTYPE Operation against a key holding the wrong kind of value',
  });
});

test('with base64 an OK within an array is encoded too, so that the SDK does not read it as 8', async () => {
  const script = 'return {redis.call("SET", KEYS[1], 1), {redis.status_reply("OK")}}';
  const headers = { 'Upstash-Encoding': 'base64' };
  const { body } = await post(stack, '/', ['EVAL', script, 1, 'nested OK'], headers);
  expect(body).toEqual({ result: ['T0s=', ['T0s=']] });
  expect(await stack.sdk().eval(script, ['nested OK'], [])).toEqual(['OK', ['OK']]);
});

test('with the response format resp2 the answer is what Redis would send', async () => {
  const ask = async (...command: string[]): Promise<string> => {
    const response = await stack.request('/', {
      method: 'POST',
      body: JSON.stringify(command),
      headers: { 'Upstash-Response-Format': 'resp2' },
    });
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    return response.text();
  };
  expect(await ask('SET', 'resp2', 'bar')).toBe('+OK\r\n');
  expect(await ask('GET', 'resp2')).toBe('$3\r\nbar\r\n');
  expect(await ask('GET', 'no resp2')).toBe('$-1\r\n');
  expect(await ask('LPUSH', 'resp2', 'v')).toMatch(/^-WRONGTYPE .*\r\n$/);
  expect(await ask('EVAL', 'return {1, "a", {}}', '0')).toBe('*3\r\n:1\r\n$1\r\na\r\n*0\r\n');
});

test('a response format that there is not is refused, and resp2 together with base64', async () => {
  const ask = (headers: Record<string, string>) => stack.request('/ping', { headers });
  expect((await ask({ 'Upstash-Response-Format': 'resp3' })).status).toBe(400);
  const both = { 'Upstash-Response-Format': 'resp2', 'Upstash-Encoding': 'base64' };
  expect((await ask(both)).status).toBe(400);
  expect((await ask({ 'Upstash-Response-Format': 'json' })).status).toBe(200);
});
