import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { HEADERS } from '../../console/server/headers.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { answerOf, KEY, startedConsole } from './console.ts';

const PATHS = ['/', '/console.js', '/api/live', '/api/orders', '/api/nothing', '/../etc/passwd'];

test.for([
  { host: 'evil.example' },
  { host: 'localhost:PORT' },
  { host: '127.0.0.1' },
  { origin: 'http://evil.example' },
  { origin: 'http://localhost:PORT' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
])('a request with %j is refused on every path, and the API is not called', async (wrong) => {
  const { ask, own, port, received } = await startedConsole();
  const headers = Object.fromEntries(
    Object.entries(wrong).map(([name, value]) => [name, value.replace('PORT', port)]),
  );
  for (const path of PATHS) {
    for (const method of ['GET', 'POST']) {
      const answer = await ask(path, { method, headers: { ...own, ...headers } });
      expect({ path, status: answer.status }).toEqual({ path, status: 403 });
    }
  }
  expect(received).toEqual([]);
});

test.for([
  {},
  { 'x-console-token': 'wrong' },
  { 'x-console-token': 'x'.repeat(22) },
  { cookie: 'TOKEN' },
])('with %j for a token there is the empty page, and nothing else', async (given) => {
  const { ask, token, received } = await startedConsole();
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace('TOKEN', token)]),
  );
  for (const path of ['/', '/console.js', '/console.css', '/icon.svg']) {
    expect(await ask(path, { headers })).toMatchObject({ status: 200 });
  }
  for (const path of [
    '/api/live',
    '/api/orders',
    '/api/runbook?section=api-5xx',
    '/x',
    '/console.js.map',
  ]) {
    expect(await ask(path, { headers })).toMatchObject({ status: 403 });
  }
  expect(await ask('/api/resume', { method: 'POST', headers })).toMatchObject({ status: 403 });
  expect(received).toEqual([]);
});

test('an entrance leads to the page with its token, once and within a minute', async () => {
  const clock = steppedClock(0);
  const { ask, entrance, token } = await startedConsole(answerOf, { platform: { clock } });
  const [first, second] = [entrance(), entrance()].map((address) => new URL(address).pathname);
  const opened = await ask(first ?? '', { headers: { 'sec-fetch-site': 'none' } });
  expect(opened).toMatchObject({ status: 303, headers: { ...HEADERS, location: `/#${token}` } });
  clock.step(60_001);
  for (const path of [first, second, '/enter/', '/enter/x']) {
    const answer = await ask(path ?? '');
    expect(answer).toMatchObject({ status: 403 });
    expect(JSON.stringify(answer)).not.toContain(token);
  }
});

test('every answer has the whole policy, including the one to malformed HTTP', async () => {
  const { ask, own, port } = await startedConsole();
  const answers = [
    await ask('/'),
    await ask('/console.js'),
    await ask('/api/live'),
    await ask('/api/live', { headers: own }),
    await ask('/api/none', { headers: own }),
    await ask('/', { method: 'DELETE', headers: own }),
    await ask('/', { headers: { host: 'evil.example' } }),
    await ask('/api/resume', { method: 'POST', headers: own, body: 'no JSON' }),
  ];
  for (const { status, headers } of answers) expect({ status, ...headers }).toMatchObject(HEADERS);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('no HTTP\r\n\r\n');
  const raw = await text(socket);
  for (const [name, value] of Object.entries(HEADERS)) expect(raw).toContain(`${name}: ${value}`);
});

test('the policy lets the page run its own script and nothing else', () => {
  expect(HEADERS['content-security-policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
      "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; " +
      "trusted-types 'none'",
  );
});

test('the key is in no answer, whatever the API says', async () => {
  const echo = () => ({ status: 500, text: KEY.slice(0, -1), headers: { 'x-request-id': 'r' } });
  for (const answering of [answerOf, echo, () => 'reset' as const]) {
    const { ask, own, change } = await startedConsole(answering);
    const paths = [
      '/',
      '/console.js',
      '/console.css',
      '/api/live',
      '/api/orders',
      '/api/order?id=x',
    ];
    const answers = await Promise.all(paths.map((path) => ask(path, { headers: own })));
    answers.push(await change('/api/resume', {}));
    expect(
      answers.filter(({ text: body, headers }) => JSON.stringify([body, headers]).includes(KEY)),
    ).toEqual([]);
  }
});

test('only what the page uses goes on to the API, and never a path of the browser', async () => {
  const { ask, own, change, received } = await startedConsole();
  await ask('/api/order?id=../../me', { headers: own });
  await ask(`/api/order?id=${encodeURIComponent('ord_x/../../stats')}`, { headers: own });
  await ask('/orders', { headers: own });
  await ask('/api/drain', { headers: own });
  await change('/api/erase', { ids: [] });
  await change('/api/../orders', {});
  expect(
    received.filter(({ path }) => path !== '/me' && !/^\/(stats|activity)/.test(path)),
  ).toEqual([]);
});
