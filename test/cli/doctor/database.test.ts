import { afterAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { pretendServer } from '../../support/pretend-server.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { environmentOf, examined, ownRedis, proxied, says, scratchLeft } from './examining.ts';

// A server of its own: it is configured as the tests want it.
const server = await ownRedis();
afterAll(server.stop);
const env = environmentOf(server);
const isConformanceOnly = true;

async function configured(name: string, value: string, before: string) {
  await server.command('CONFIG', 'SET', name, value);
  onTestFinished(async () => void (await server.command('CONFIG', 'SET', name, before)));
}

test('eviction that is on is wrong, with where to turn it off', async () => {
  await configured('maxmemory-policy', 'allkeys-lru', 'noeviction');
  const { finding, notOk, text } = await examined({ env, isConformanceOnly });
  expect(notOk).toEqual({ 'redis/eviction': 'wrong' });
  expect(finding('redis/eviction').found).toMatch(/^on \(allkeys-lru\)/);
  expect(text).toMatch(/ wrong +eviction .*\n.*\n +→ Turn eviction off: Upstash console/);
});

test('a database that tells nothing of its memory makes eviction and memory unknown', async () => {
  const proxy = await proxied(server, ({ body }) =>
    body.includes('"memory"') ? says({ result: '# Memory\r\n' }) : 'pass',
  );
  const { finding } = await examined({ env: environmentOf(proxy), isConformanceOnly });
  expect(finding('redis/eviction')).toMatchObject({
    kind: 'unknown',
    fix: expect.stringMatching(/console.*Eviction is disabled/),
  });
  expect(finding('redis/memory').kind).toBe('unknown');
});

test.each([
  ['wrong', 0.99],
  ['warning', 0.85],
  ['ok', 0.5],
])('memory is %s where %d of it is used', async (kind, part) => {
  const maxmemory = 100_000_000;
  const proxy = await proxied(server, ({ body }) => {
    const memory = `used_memory:${part * maxmemory}\r\nmaxmemory:${maxmemory}\r\n`;
    return body.includes('"memory"') ? says({ result: memory }) : 'pass';
  });
  const { finding } = await examined({ env: environmentOf(proxy), isConformanceOnly });
  expect(finding('redis/memory').kind).toBe(kind);
});

test('a token that is wrong is told apart from a server that is not there', async () => {
  const refused = await examined({ env: { ...env, UPSTASH_REDIS_REST_TOKEN: 'another' } });
  expect(refused.finding('redis/reachable')).toMatchObject({
    kind: 'wrong',
    found: expect.stringMatching(/^the token is refused/),
    fix: expect.stringMatching(/UPSTASH_REDIS_REST_TOKEN/),
  });
  // What comes after could only say so again.
  expect(refused.finding('redis/writable').kind).toBe('skipped');
  expect(refused.parts.map(({ name }) => name)).toEqual(['settings', 'redis', 'api']);
});

test.each([
  ['a port where nothing listens', 'http://127.0.0.1:2', /ECONNREFUSED/],
  ['a name that nobody has', 'https://no-such-database.invalid', /^there is no such host/],
])('%s is told as such', async (_name, url, found) => {
  const { finding } = await examined({ env: environmentOf({ url, token: 'x' }) });
  expect(finding('redis/reachable')).toMatchObject({ kind: 'wrong' });
  expect(finding('redis/reachable').found).toMatch(found);
});

test('a server that speaks no TLS under an https URL is told as such', async () => {
  const url = server.url.replace('http:', 'https:');
  const { finding } = await examined({ env: environmentOf({ ...server, url }) });
  expect(finding('redis/reachable').found).toMatch(/certificate is not trusted/);
});

test('a server that never answers is told after the deadline', async () => {
  const proxy = await proxied(server, () => 'hang');
  const { finding } = await examined({ env: environmentOf(proxy), timeoutMs: 50 });
  expect(finding('redis/reachable').found).toMatch(/did not answer in time/);
});

test('a server that is no Upstash REST API is reported as that', async () => {
  const { url } = await pretendServer(() => ({ status: 200, body: '<html>' }));
  const { finding } = await examined({ env: environmentOf({ url: url.href, token: 'x' }) });
  expect(finding('redis/reachable').found).toMatch(/not an Upstash REST API/);
});

test('a token that may only read is told, and nothing else is tried', async () => {
  const error = "NOPERM this user has no permissions to run the 'set' command or its subcommand";
  const proxy = await proxied(server, ({ body }) =>
    /^\["set"/i.test(body) ? says({ error }, 400) : 'pass',
  );
  const { finding, parts } = await examined({ env: environmentOf(proxy), isConformanceOnly });
  expect(finding('redis/writable')).toMatchObject({
    kind: 'wrong',
    found: expect.stringMatching(/read-only/),
  });
  expect(parts).toHaveLength(1);
  // PING, SET and the DEL of what was not written.
  expect(proxy.seen()).toBe(3);
});

test.each([
  ['ERR max requests limit exceeded. Limit: 500000, Usage: 500000', /used up/],
  ['ERR DB capacity quota exceeded. Threshold: 1 bytes, Usage: 2', /is full/],
])('what Upstash refuses a write with is told: %s', async (error, found) => {
  const proxy = await proxied(server, ({ body }) =>
    /^\["set"/i.test(body) ? says({ error }, 400) : 'pass',
  );
  const { finding } = await examined({ env: environmentOf(proxy), isConformanceOnly });
  expect(finding('redis/writable').found).toMatch(found);
});

test('a database that is full is told', async () => {
  await configured('maxmemory', '1', '0');
  const { finding } = await examined({ env, isConformanceOnly });
  expect(finding('redis/writable').found).toMatch(/full \(.*OOM/);
});

test('an address that would send tokens and orders in the clear is wrong', async () => {
  const url = server.url.replace('127.0.0.1', '0.0.0.0');
  const { finding } = await examined({
    env: environmentOf({ ...server, url }),
    isConformanceOnly: true,
  });
  expect(finding('redis/address')).toMatchObject({
    kind: 'wrong',
    found: expect.stringMatching(/^UPSTASH_REDIS_REST_URL is wrong: the https URL/),
  });
});

test('a clock that is 20 s off is a warning already', async () => {
  const clock = steppedClock(systemClock.now() + 20_000);
  const { finding } = await examined({ env, clock, isConformanceOnly });
  expect(finding('redis/clock').kind).toBe('warning');
});

test('a clock that is an hour off is a warning that says how far and which way', async () => {
  const here = steppedClock(systemClock.now() - 3_600_000);
  const { finding } = await examined({ env, clock: here, isConformanceOnly });
  expect(finding('redis/clock')).toMatchObject({
    kind: 'warning',
    found: expect.stringMatching(/^Redis is 6\d minutes ahead/),
  });
  const same = await examined({ env, isConformanceOnly });
  expect(same.finding('redis/clock').kind).toBe('ok');
});

test.each([
  [1, 'ok', /^median 1.0 ms/],
  [400, 'warning', /^median 400 ms/],
  [1_500, 'wrong', /^median 1.5 s, 95 % within 1.5 s/],
])('pings of %d ms are %s', async (ms, kind, found) => {
  let reading = 0;
  const stopwatch = () => {
    reading += ms;
    return reading;
  };
  const { finding } = await examined({ env, stopwatch, isConformanceOnly });
  expect(finding('redis/latency')).toMatchObject({ kind });
  expect(finding('redis/latency').found).toMatch(found);
});

test('a Redis that fails in the midst is told in each check, and no scratch key is left', async () => {
  let seen = 0;
  const proxy = await proxied(server, () => (++seen > 40 && seen < 60 ? 'lose-reply' : 'pass'));
  const { parts, notOk } = await examined({ env: environmentOf(proxy), isConformanceOnly });
  expect(Object.values(notOk)).toContain('wrong');
  expect(parts).toHaveLength(2);
  expect(await scratchLeft(server)).toBe(0);
});
