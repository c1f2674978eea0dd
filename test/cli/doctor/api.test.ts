import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { deploy, ROUTES } from '../../http/deployment.ts';
import { bearer, type TestKey } from '../../support/functions.ts';
import { orderBody } from '../../support/orders.ts';
import { type Answering, pretendServer, type Reply } from '../../support/pretend-server.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
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
  const { amiss, finding, report } = await asked(url, 'admin');
  expect(amiss).toEqual({});
  expect(finding('api/scopes').found).toBe('orders:write, orders:read, orders:admin');
  expect(finding('api/stats').found).toBe('1 queued, 0 in production, 0 produced, 0 dead');
  expect(report.parts.map(({ name }) => name)).toEqual(['settings', 'redis', 'api']);
  expect(report.parts[1]?.skipped).toMatch(/^Set UPSTASH_REDIS_REST_URL/);
  const paths = new Set(received.map(({ method, path }) => `${method} ${path}`));
  expect(await api.keys()).toEqual(before);
  expect([...paths].filter((path) => /drain|redrive|cancel|batch/.test(path))).toEqual([]);
});

test('an API that uses the Redis that was looked at is told apart from one that does not', async () => {
  const { url, api } = await served();
  await api.submit(orderBody());
  const { SLUICE_API_KEYS: _, ...redis } = api.environment;
  const env = { ...redis, SLUICE_URL: url, SLUICE_KEY: keyOf('admin') };
  const same = await examined({ env });
  expect(same.finding('api/same Redis')).toMatchObject({ kind: 'ok' });
  const elsewhere = await examined({ env: { ...env, SLUICE_PREFIX: 'elsewhere:' } });
  expect(elsewhere.finding('api/same Redis')).toMatchObject({
    kind: 'warning',
    found: 'the API counts 1 queued, and this Redis has 0',
  });
});

test('what a key does not open is told, and is no fault', async () => {
  const { url } = await served();
  const { amiss, finding } = await asked(url, 'writer');
  expect(amiss).toEqual({});
  expect(finding('api/scopes').found).toBe('orders:write; not orders:read, orders:admin');
  expect(finding('api/stats').kind).toBe('skipped');
  expect(finding('api/latency').kind).toBe('skipped');
});

test('a key that nobody has is wrong', async () => {
  const { url } = await served();
  const { amiss, finding } = await examined({ env: { SLUICE_URL: url, SLUICE_KEY: 'nobody' } });
  expect(amiss).toEqual({ 'api/key': 'wrong' });
  expect(finding('api/key').found).toMatch(/does not know SLUICE_KEY \(401\)/);
});

test('an API that lets a made-up key in is wrong', async () => {
  const { url } = await served(({ headers }) =>
    headers.authorization?.includes('no_such_key') ? { status: 200, body: {} } : 'pass',
  );
  const { amiss, finding } = await asked(url, 'admin');
  expect(amiss).toEqual({ 'api/key': 'wrong' });
  expect(finding('api/key').found).toMatch(/made up is answered 200/);
});

const problem = (status: number) => ({ type: '/problems/x', title: 'x', status });
test.each([
  ['another site', { status: 200, body: { hello: 'world' } }, /\(200\) is not Sluice/],
  ['a wrong path', { status: 404, body: { message: 'Not Found' } }, /\(404\) is not Sluice/],
  ['a function that does not start', { status: 500, body: { message: 'x' } }, /answers 500/],
  ['a Sluice without Redis', { status: 503, body: problem(503) }, /503: it cannot reach Redis/],
])('%s is told as such, and nothing else is asked', async (_name, reply, found) => {
  const { url, received } = await pretendServer(() => reply);
  const { amiss, finding } = await asked(url.href, 'admin');
  expect(amiss).toEqual({ 'api/reachable': 'wrong' });
  expect(finding('api/reachable').found).toMatch(found);
  expect(received).toHaveLength(1);
});

test('an API Gateway that checks JWTs itself is Sluice too', async () => {
  const { url } = await pretendServer(() => ({ status: 401, body: { message: 'Unauthorized' } }));
  const { amiss, finding } = await asked(url.href, 'admin');
  expect(finding('api/reachable').kind).toBe('ok');
  expect(amiss).toEqual({ 'api/key': 'wrong' });
});

test('an API that is not there is told apart', async () => {
  const { finding } = await asked('http://127.0.0.1:2/', 'admin');
  expect(finding('api/reachable').found).toMatch(/ECONNREFUSED/);
});

test('http is wrong but on this machine', async () => {
  const { url } = await served();
  const { amiss } = await asked(url.replace('127.0.0.1', '0.0.0.0'), 'admin');
  expect(amiss).toEqual({ 'api/encrypted': 'wrong' });
});

test('orders that have been queued for long are a warning', async () => {
  const counts = { queued: 1, producing: 0, scheduled: 0, produced: 0, dead: 0, canceled: 0 };
  const body = { ...counts, oldestQueuedAgeMs: 600_000, approximate: [] };
  const { url } = await served(({ path, headers }) =>
    path === '/stats' && headers.authorization === bearer('admin') ? { status: 200, body } : 'pass',
  );
  const { amiss, finding } = await asked(url, 'admin');
  expect(amiss).toEqual({ 'api/stats': 'warning' });
  expect(finding('api/stats').found).toMatch(/queued for 10 minutes/);
});

test('a function of one scope that fails is told', async () => {
  const { url } = await served(({ method }) =>
    method === 'POST' ? { status: 500, body: { message: 'x' } } : 'pass',
  );
  const { amiss, finding } = await asked(url, 'admin');
  expect(amiss).toEqual({ 'api/scopes': 'wrong' });
  expect(finding('api/scopes').found).toBe('POST /orders answers 500');
});

test('slow reads, and a clock that is off, are warnings', async () => {
  const { url } = await served();
  const clock = steppedClock(systemClock.now() + 3_600_000);
  let reading = 0;
  const stopwatch = () => {
    reading += 1_200;
    return reading;
  };
  const env = { SLUICE_URL: url, SLUICE_KEY: keyOf('admin') };
  const { amiss, finding } = await examined({ env, clock, stopwatch });
  expect(amiss).toEqual({ 'api/latency': 'warning', 'api/clock': 'warning' });
  expect(finding('api/latency').found).toMatch(/^median 1\.2 s/);
  expect(finding('api/clock').found).toMatch(/60 minutes/);
});

test.each([
  ['an address that is none', { SLUICE_URL: 'ftp://x', SLUICE_KEY: 'k' }, /SLUICE_URL is no/],
  ['a key that no header carries', { SLUICE_URL: 'http://x', SLUICE_KEY: 'a b' }, /SLUICE_KEY/],
])('%s is wrong', async (_name, env, found) => {
  const { finding } = await examined({ env });
  expect(finding('api/address')).toMatchObject({ kind: 'wrong' });
  expect(finding('api/address').found).toMatch(found);
});
