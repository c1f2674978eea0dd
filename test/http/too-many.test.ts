import { beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  return () => vi.useRealTimers();
});

const items = (count: number, overrides = {}) =>
  Array.from({ length: count }, (_, at) => orderBody({ idempotencyKey: `b${at}`, ...overrides }));

async function statuses(count: number, body = orderBody()): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at < count; at += 1) found.push((await api.submit(body)).status);
  return found;
}

describe('a client with more orders waiting than SLUICE_QUEUE_MAX', () => {
  beforeEach(async () => {
    api = await deploy(undefined, { SLUICE_QUEUE_MAX: '3' });
  });

  test('is refused, told when to come back, and nothing is accepted', async () => {
    expect(await statuses(4)).toEqual([202, 202, 202, 202]);
    expect(await api.submit(orderBody())).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      body: { type: '/problems/queue-full' },
    });
    expect((await api.submit({})).status).toBe(400);
    expect(await api.counts()).toEqual({ kept: 4, queued: 4 });
    expect((await api.submit(orderBody(), { as: 'other' })).status).toBe(202);
  });

  test('may try one order a second, and goes on once a drain has made room', async () => {
    await statuses(4);
    vi.setSystemTime(NOW_MS + 1_001);
    expect(await statuses(2)).toEqual([202, 429]);
    await api.schedule({ slot: 0 }, lambdaContext());
    vi.setSystemTime(NOW_MS + 3_000);
    expect(await statuses(3)).toEqual([202, 202, 202]);
  });

  test('has a batch accepted whole that goes past the limit, and the next one refused', async () => {
    const orders = items(5);
    expect((await api.call('batch', { body: { orders } })).status).toBe(200);
    expect((await api.call('batch', { body: { orders } })).body.type).toBe('/problems/queue-full');
    expect(await api.counts()).toEqual({ kept: 5, queued: 5 });
  });
});

describe('a client with as many scheduled orders as SLUICE_SCHEDULED_MAX', () => {
  const produceAt = new Date(NOW_MS + 60_000).toISOString();
  beforeEach(async () => {
    api = await deploy(undefined, { SLUICE_SCHEDULED_MAX: '2' });
    expect((await api.submit(orderBody({ produceAt }), { key: 'a' })).status).toBe(202);
    expect((await api.submit(orderBody({ produceAt }), { key: 'b' })).status).toBe(202);
  });

  test('is refused another one, but not a repeat, and not one for now', async () => {
    expect(await api.submit(orderBody({ produceAt }))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      body: { type: '/problems/schedule-full', detail: expect.stringContaining('produceAt') },
    });
    expect(await api.counts()).toEqual({ kept: 2, queued: 0 });
    expect((await api.submit(orderBody({ produceAt }), { key: 'a' })).status).toBe(202);
    expect((await api.submit(orderBody())).status).toBe(202);
    expect((await api.submit(orderBody({ produceAt }), { as: 'other' })).status).toBe(202);
  });

  test('is refused it item by item in a batch', async () => {
    const orders = [
      orderBody({ produceAt, idempotencyKey: 'a' }),
      orderBody({ produceAt, idempotencyKey: 'c' }),
      orderBody({ idempotencyKey: 'd' }),
    ];
    const { status, body } = await api.call('batch', { body: { orders } });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { index: 0, status: 202, replayed: true },
      { index: 1, status: 429, problem: { type: '/problems/schedule-full', status: 429 } },
      { index: 2, status: 202, replayed: false },
    ]);
    expect(await api.counts()).toEqual({ kept: 3, queued: 1 });
  });

  test('may schedule again once one of them was produced', async () => {
    vi.setSystemTime(NOW_MS + 61_000);
    await api.call('drain');
    const later = new Date(NOW_MS + 120_000).toISOString();
    expect((await api.submit(orderBody({ produceAt: later }))).status).toBe(202);
  });
});

describe('a client with more requests in a minute than SLUICE_RATE_LIMIT', () => {
  const LIMITED = { SLUICE_RATE_LIMIT: '3' };
  const nobodys = `ord_${'0'.repeat(32)}`;
  beforeEach(async () => {
    vi.setSystemTime(NOW_MS + 12_300);
    api = await deploy(undefined, LIMITED);
  });

  test('is refused until the minute is over', async () => {
    expect((await api.call('me')).body.limits).toMatchObject({ ordersPerMinute: 3 });
    for (let made = 1; made < 3; made += 1) expect((await api.read(nobodys)).status).toBe(404);
    expect(await api.submit(orderBody())).toMatchObject({
      status: 429,
      headers: { 'retry-after': '48' },
      body: { type: '/problems/too-many-requests' },
    });
    expect(await api.counts()).toEqual({ kept: 0, queued: 0 });
    vi.setSystemTime(NOW_MS + 60_001);
    expect((await api.submit(orderBody())).status).toBe(202);
  });

  test('shares its count with no other client; an admin and a wrong key have none', async () => {
    const headers = { authorization: 'Bearer wrong' };
    for (let made = 0; made < 5; made += 1) {
      expect((await api.read(nobodys, { headers })).status).toBe(401);
      expect((await api.call('stats')).status).toBe(200);
    }
    for (let made = 0; made < 3; made += 1) await api.read(nobodys, { as: 'other' });
    expect((await api.read(nobodys, { as: 'other' })).status).toBe(429);
    expect((await api.read(nobodys, { as: 'reader' })).status).toBe(404);
  });

  test('leaves a count that expires', async () => {
    await api.read(nobodys);
    const [key] = await api.keys();
    expect(key).toMatch(/^order_rate:shop:/);
    const ttlMs = await api.redis.pttl(`${api.prefix}${key}`);
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
  });

  test.each<[string, Fate]>([
    ['hangs', 'hang'],
    ['breaks off', 'lose-reply'],
    ['is full', (response) => void response.writeHead(400).end('{"error":"ERR DB capacity"}')],
    ['answers HTML', (response) => void response.writeHead(502).end('<html></html>')],
  ])('is let through if Redis %s and cannot count', async (_, fate) => {
    await using proxy = await faultyProxy(inject('upstash'), ({ body }) =>
      body.includes('order_rate') ? fate : 'pass',
    );
    api = await deploy(proxy, LIMITED);
    expect(await statuses(5)).toEqual(Array(5).fill(202));
  });
});
