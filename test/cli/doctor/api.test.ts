import { expect, test } from 'vitest';
import { deploy, ROUTES } from '../../http/deployment.ts';
import { bearer, type TestKey } from '../../support/functions.ts';
import { orderBody } from '../../support/orders.ts';
import { type Answering, pretendServer, type Reply } from '../../support/pretend-server.ts';
import { examined } from './examining.ts';

const keyOf = (name: TestKey) => bearer(name).replace('Bearer ', '');

/** The real functions of a fresh deployment behind an HTTP server, or what is put in between. */
async function served(instead: (...sent: Parameters<Answering>) => Reply | 'pass' = () => 'pass') {
  const api = await deploy();
  const { url, received } = await pretendServer(async (request) => {
    const reply = instead(request);
    if (reply !== 'pass') return reply;
    const { method, path, headers, body } = request;
    const id = /^\/orders\/([^/]+)$/.exec(path)?.[1];
    const key = `${method} ${id === undefined ? path : '/orders/{id}'}`;
    const [route] = Object.entries(ROUTES).find(([, one]) => one === key) ?? [];
    const { authorization } = headers;
    const answer = await api.call(route as keyof typeof ROUTES, {
      headers: { authorization },
      ...(id !== undefined && { id }),
      ...(body !== '' && { body }),
    });
    return { status: answer.status, body: answer.body };
  });
  return { url: url.href, received, api };
}

const asked = async (url: string, as: TestKey) =>
  await examined({ env: { SLUICE_URL: url, SLUICE_KEY: keyOf(as) } });

test('a deployment that works is well, and nothing was changed by asking', async () => {
  const { url, api, received } = await served();
  await api.submit(orderBody());
  const before = await api.keys();
  const { notOk, finding, parts } = await asked(url, 'admin');
  expect(notOk).toEqual({});
  expect(finding('api/queue').found).toBe('1 queued, 0 in production, 0 produced, 0 dead');
  expect(parts.map(({ name }) => name)).toEqual(['settings', 'redis', 'api']);
  expect(parts[1]?.skipped).toMatch(/^Set UPSTASH_REDIS_REST_URL/);
  expect(await api.keys()).toEqual(before);
  expect(received.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('what a key does not open is told, and is no fault', async () => {
  const { url } = await served();
  const { notOk, finding } = await asked(url, 'writer');
  expect(notOk).toEqual({});
  expect(finding('api/reachable').found).toBe('yes; SLUICE_KEY has no orders:admin');
  expect(finding('api/queue').kind).toBe('skipped');
  expect(finding('api/latency').kind).toBe('skipped');
});

test('a key that nobody has is wrong', async () => {
  const { url } = await served();
  const { notOk, finding } = await examined({ env: { SLUICE_URL: url, SLUICE_KEY: 'nobody' } });
  expect(notOk).toEqual({ 'api/reachable': 'wrong' });
  expect(finding('api/reachable').found).toBe('SLUICE_KEY is refused');
});

test('an API that lets a made-up key in is wrong', async () => {
  const { url } = await served(({ headers }) =>
    headers.authorization?.includes('no_such_key') ? { status: 200, body: {} } : 'pass',
  );
  const { notOk } = await asked(url, 'admin');
  expect(notOk).toEqual({ 'api/strangers': 'wrong' });
});

test.each([
  ['another site', { status: 200, body: { hello: 'world' } }],
  ['a wrong path', { status: 404, body: { message: 'Not Found' } }],
])('%s is told as such, and nothing else is asked', async (_name, reply) => {
  const { url, received } = await pretendServer(() => reply);
  const { notOk } = await asked(url.href, 'admin');
  expect(notOk).toEqual({ 'api/reachable': 'wrong' });
  expect(received).toHaveLength(1);
});

test('an API that is not there is told apart', async () => {
  const { finding } = await asked('http://127.0.0.1:2/', 'admin');
  expect(finding('api/reachable')).toMatchObject({ kind: 'wrong' });
  expect(finding('api/reachable').found).toContain('127.0.0.1:2');
});

test('http is wrong but on this machine, and no key is sent over it unless that is allowed', async () => {
  const { url, received } = await served();
  const there = url.replace('127.0.0.1', '0.0.0.0');
  expect((await asked(there, 'admin')).notOk).toEqual({ 'api/address': 'wrong' });
  expect(received).toEqual([]);
  const env = { SLUICE_URL: there, SLUICE_KEY: keyOf('admin'), SLUICE_ALLOW_HTTP: 'on' };
  expect((await examined({ env })).notOk).toEqual({ 'api/encrypted': 'wrong' });
});

const STATS = { producing: 0, scheduled: 0, produced: 0, canceled: 0, approximate: [] };
test.each([
  ['wrong', { queued: 1, dead: 0, oldestQueuedAgeMs: 600_000 }, /queued for 10 minutes/],
  ['warning', { queued: 0, dead: 2, oldestQueuedAgeMs: null }, /2 dead/],
])('a queue is %s with %j', async (kind, counts, found) => {
  const body = { ...STATS, ...counts };
  const { url } = await served(({ path, headers }) =>
    path === '/stats' && headers.authorization === bearer('admin') ? { status: 200, body } : 'pass',
  );
  const { notOk, finding } = await asked(url, 'admin');
  expect(notOk).toEqual({ 'api/queue': kind });
  expect(finding('api/queue').found).toMatch(found);
});

test('slow reads are a warning', async () => {
  const { url } = await served();
  let reading = 0;
  const stopwatch = () => {
    reading += 1_200;
    return reading;
  };
  const env = { SLUICE_URL: url, SLUICE_KEY: keyOf('admin') };
  const { notOk, finding } = await examined({ env, stopwatch });
  expect(notOk).toEqual({ 'api/latency': 'warning' });
  expect(finding('api/latency').found).toMatch(/^median 1\.2 s/);
});

test.each([
  ['an address that is none', { SLUICE_URL: 'ftp://x', SLUICE_KEY: 'k' }, /SLUICE_URL is not/],
  ['a key that no header carries', { SLUICE_URL: 'https://x', SLUICE_KEY: 'a b' }, /SLUICE_KEY/],
])('%s is wrong', async (_name, env, found) => {
  const { finding } = await examined({ env });
  expect(finding('api/address')).toMatchObject({ kind: 'wrong' });
  expect(finding('api/address').found).toMatch(found);
});
