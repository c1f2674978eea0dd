import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

const LIMITED = { SLUICE_RATE_LIMIT: '3' };

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS + 12_300 });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  api = await deploy(undefined, LIMITED);
});
afterEach(() => {
  delete process.env.SLUICE_RATE_LIMIT;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const nobodys = `ord_${'0'.repeat(32)}`;

test('a client that makes too many requests is refused until the minute is over', async () => {
  for (let made = 0; made < 3; made += 1) expect((await api.read(nobodys)).status).toBe(404);
  const refused = await api.submit(orderBody());
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({ type: '/problems/too-many-requests', status: 429 });
  // 12.3 s into the minute.
  expect(refused.headers['retry-after']).toBe('48');
  expect(await api.counts()).toEqual({ kept: 0, queued: 0 });
  vi.setSystemTime(NOW_MS + 60_001);
  expect((await api.submit(orderBody())).status).toBe(202);
});

test('each client has a count of its own, an admin none, and wrong keys are not counted', async () => {
  for (let made = 0; made < 5; made += 1) {
    expect((await api.read(nobodys, { headers: { authorization: 'Bearer wrong' } })).status).toBe(
      401,
    );
    expect((await api.call('stats')).status).toBe(200);
  }
  for (let made = 0; made < 4; made += 1) await api.read(nobodys, { as: 'other' });
  expect((await api.read(nobodys, { as: 'other' })).status).toBe(429);
  expect((await api.read(nobodys, { as: 'reader' })).status).toBe(404);
});

test('the count of a minute goes by itself', async () => {
  await api.read(nobodys);
  const [key] = await api.keys();
  expect(key).toMatch(/^order_rate:shop:/);
  const ttlMs = await api.redis.pttl(`${api.prefix}${key}`);
  expect(ttlMs).toBeGreaterThan(0);
  expect(ttlMs).toBeLessThanOrEqual(60_000);
});

describe('a limit that cannot be counted lets requests through', () => {
  test.each<[string, Fate]>([
    ['hangs', 'hang'],
    ['breaks off', 'lose-reply'],
    [
      'is full',
      (response) => void response.writeHead(400).end('{"error":"OOM command not allowed"}'),
    ],
    ['answers HTML', (response) => void response.writeHead(502).end('<html></html>')],
  ])('where Redis %s', async (_, fate) => {
    await using proxy = await faultyProxy(inject('upstash'), ({ body }) =>
      body.includes('order_rate') ? fate : 'pass',
    );
    api = await deploy(proxy, LIMITED);
    for (let made = 0; made < 5; made += 1) {
      expect((await api.submit(orderBody())).status).toBe(202);
    }
  });
});
