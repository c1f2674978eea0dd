import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TOKEN } from '../support/stack.ts';
import { stackForFile } from './stack.ts';

const stack = stackForFile();

test('a command in the body is a JSON array, and answers with its result', async () => {
  expect(await stack.command('SET', 'body', 'v')).toEqual({ status: 200, body: { result: 'OK' } });
  expect(await stack.command('get', 'body')).toEqual({ status: 200, body: { result: 'v' } });
});

test('numbers and booleans among the arguments become their text', async () => {
  await stack.command('RPUSH', 'arguments', 1, 1.5, true, false, -0.25);
  const { body } = await stack.command('LRANGE', 'arguments', 0, -1);
  expect(body).toEqual({ result: ['1', '1.5', 'true', 'false', '-0.25'] });
});

test('a number keeps the digits that it was sent with', async () => {
  await stack.request('/', { method: 'POST', body: '["SET","digits",12345678901234567890]' });
  expect((await stack.command('GET', 'digits')).body).toEqual({ result: '12345678901234567890' });
});

test('an integer beyond 2^53 is answered with all its digits', async () => {
  await stack.command('SET', 'int64', '9223372036854775806');
  const response = await stack.request('/incr/int64');
  expect(await response.text()).toBe('{"result":9223372036854775807}');
});

test('a missing key is null, and so is a missing member of an array', async () => {
  await stack.command('SET', 'there', 'v');
  expect((await stack.command('GET', 'missing')).body).toEqual({ result: null });
  const { body } = await stack.command('MGET', 'there', 'missing');
  expect(body).toEqual({ result: ['v', null] });
});

test('nested arrays, empty ones and the empty string keep their shape', async () => {
  await stack.command('SET', 'empty', '');
  expect((await stack.command('GET', 'empty')).body).toEqual({ result: '' });
  const { body } = await stack.command('EVAL', 'return {1, {"a", {}}, false, "b"}', 0);
  expect(body).toEqual({ result: [1, ['a', []], null, 'b'] });
});

test('an argument that is null is refused', async () => {
  const answer = await stack.command('SET', 'k', null);
  expect(answer).toEqual({ status: 400, body: { error: 'ERR null args are not supported' } });
});

test.each([
  ['an object among the arguments', '["SET","k",{}]'],
  ['an array among the arguments', '["SET","k",[]]'],
  ['no array', '{"command":"GET"}'],
  ['an empty array', '[]'],
  ['no JSON', 'SET k v'],
  ['nothing', ''],
])('a body with %s is refused with an error', async (_, body) => {
  const response = await stack.request('/', { method: 'POST', body });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
});

test('what Redis answers with an error is a 400 with its text', async () => {
  await stack.command('SET', 'text', 'v');
  expect(await stack.command('LPUSH', 'text', 'v')).toEqual({
    status: 400,
    body: { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
  });
  expect(await stack.command('GET')).toEqual({
    status: 400,
    body: { error: "ERR wrong number of arguments for 'get' command" },
  });
});

test('a command can be a path, whose parts are URL-decoded', async () => {
  const set = await stack.request('/set/path%20key%2F1/%E2%82%AC%3F/EX/100');
  expect(await set.json()).toEqual({ result: 'OK' });
  expect((await stack.command('GET', 'path key/1')).body).toEqual({ result: '€?' });
  expect((await stack.command('TTL', 'path key/1')).body).toEqual({ result: 100 });
});

test('a key that is called .. is not taken for a step up', async () => {
  await stack.command('SET', '..', 'dots');
  // fetch would resolve the path before it sends it.
  const request = http.get(`${stack.upstash.url}`, {
    path: `/get/..?_token=${encodeURI(TOKEN)}`,
  });
  const [response] = await once(request, 'response');
  expect(await json(response)).toEqual({ result: 'dots' });
});

test('a path that is not URL-encoded is refused', async () => {
  const response = await stack.request('/get/%zz');
  expect(response.status).toBe(400);
});

test.each(['POST', 'PUT'])(
  'a %s body is the argument after the path, binary safe',
  async (method) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await stack.request(`/set/bytes-${method}`, { method, body: bytes });
    const response = await stack.request(`/get/bytes-${method}`, {
      headers: { 'upstash-encoding': 'base64' },
    });
    const { result } = (await response.json()) as { result: string };
    expect(Buffer.from(result, 'base64').equals(bytes)).toBe(true);
  },
);

test('query parameters are the arguments after the body', async () => {
  await stack.request('/set/query?EX=100&NX', { method: 'POST', body: '{"a":1}' });
  expect((await stack.command('GET', 'query')).body).toEqual({ result: '{"a":1}' });
  expect((await stack.command('TTL', 'query')).body).toEqual({ result: 100 });
  const again = await stack.request('/set/query?EX=100&NX', { method: 'POST', body: 'other' });
  expect(await again.json()).toEqual({ result: null });
});

test('HEAD runs the command and answers without a body', async () => {
  const response = await stack.request('/set/head/v', { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
  expect((await stack.command('GET', 'head')).body).toEqual({ result: 'v' });
});

test.each(['DELETE', 'PATCH', 'OPTIONS'])('%s is not allowed', async (method) => {
  const response = await stack.request('/get/k', { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('HEAD, GET, POST, PUT');
  expect(await response.json()).toHaveProperty('error');
});

test('the token is taken from the header or from the query', async () => {
  const bearer = await fetch(`${stack.upstash.url}/ping`, {
    headers: { authorization: `bearer ${TOKEN}` },
  });
  expect(bearer.status).toBe(200);
  const query = await fetch(`${stack.upstash.url}/ping?_token=${encodeURIComponent(TOKEN)}`);
  expect(await query.json()).toEqual({ result: 'PONG' });
});

test.each([
  ['no token', {}],
  ['a wrong token', { authorization: 'Bearer wrong' }],
  ['the beginning of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['another scheme', { authorization: `Basic ${TOKEN}` }],
])('a request with %s is unauthorized on every path', async (_, headers) => {
  for (const path of ['/', '/get/k', '/pipeline', '/multi-exec', '/subscribe/c', '/monitor']) {
    const response = await fetch(`${stack.upstash.url}${path}`, { method: 'POST', headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: expect.stringMatching(/^WRONGPASS invalid or missing auth token/),
    });
  }
});

test('every answer carries a sync token, which moves on', async () => {
  const first = (await stack.request('/set/sync/1')).headers.get('upstash-sync-token');
  const second = (await stack.request('/set/sync/2')).headers.get('upstash-sync-token');
  expect(first).toBeTruthy();
  expect(second).not.toBe(first);
});
