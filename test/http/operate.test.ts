import { beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

const later = () => orderBody({ produceAt: new Date(NOW_MS + 60_000).toISOString() });
const NONE = {
  ...{ queued: 0, producing: 0, scheduled: 0, dead: 0, produced: 0, canceled: 0 },
  oldestQueuedAgeMs: null,
};

describe('GET /stats', () => {
  test('counts nothing if there is nothing', async () => {
    const answer = await api.call('stats');
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(answer.body).toMatchObject(NONE);
    expect(await api.keys()).toEqual([]);
  });

  test('counts the orders of all clients, and how long the oldest has waited', async () => {
    await api.submit(orderBody());
    vi.setSystemTime(NOW_MS + 1_000);
    await api.submit(orderBody(), { as: 'other' });
    await api.submit(later());
    vi.setSystemTime(NOW_MS + 5_000);
    expect((await api.call('stats')).body).toMatchObject({
      ...NONE,
      queued: 2,
      scheduled: 1,
      oldestQueuedAgeMs: 5_000,
    });
    await api.schedule({ slot: 0 }, lambdaContext());
    expect((await api.call('stats')).body).toMatchObject({ ...NONE, produced: 2, scheduled: 1 });
  });

  test('counts a scheduled order that is due as queued', async () => {
    await api.submit(later());
    vi.setSystemTime(NOW_MS + 61_000);
    const { body } = await api.call('stats');
    expect(body).toMatchObject({ ...NONE, queued: 1, oldestQueuedAgeMs: 1_000 });
    expect(Object.keys(NONE)).toEqual(expect.arrayContaining(body.approximate as string[]));
  });
});

const IDLE = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };

describe('POST /drain', () => {
  test('produces what waits, of all clients, and leaves what is for later', async () => {
    expect(await api.call('drain')).toMatchObject({ status: 200, body: IDLE });
    const ours = await api.submit(orderBody());
    await api.submit(orderBody(), { as: 'other' });
    await api.submit(later());
    expect((await api.call('drain')).body).toStrictEqual({ ...IDLE, claimed: 2, produced: 2 });
    expect((await api.read(String(ours.body.id))).body.status).toBe('produced');
    expect((await api.keys()).filter((key) => key.startsWith('order_lock'))).toEqual([]);
  });

  test('reads no body', async () => {
    expect((await api.call('drain', { body: '{' })).status).toBe(200);
    expect((await api.call('drain', { body: Buffer.from([0xff]) })).status).toBe(200);
  });

  test('is a 409 while another drain holds the lock', async () => {
    const lock = api.store.keys.lock(0);
    await api.redis.set(lock, 'another');
    await api.submit(orderBody());
    expect(await api.call('drain')).toMatchObject({
      status: 409,
      body: { type: '/problems/drain-running' },
    });
    expect(await api.redis.get(lock)).toBe('another');
    await api.redis.del(lock);
    expect((await api.call('drain')).body.produced).toBe(1);
  });

  test('produces each order once if many drains are asked for at once', async () => {
    const orders = Array.from({ length: 20 }, (_, at) => orderBody({ idempotencyKey: `k${at}` }));
    await api.call('batch', { body: { orders } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.call('drain')));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const produced = answers.map(({ body }) => Number(body.produced ?? 0));
    expect(produced.reduce((sum, count) => sum + count)).toBe(20);
  });
});

describe('the schedule', () => {
  test.each([{ slot: 0 }, {}, { source: 'aws.events', 'detail-type': 'Scheduled Event' }])(
    'drains with the event %j',
    async (event) => {
      await api.submit(orderBody());
      expect(await api.schedule(event, lambdaContext())).toEqual({
        kind: 'drained',
        report: { ...IDLE, claimed: 1, produced: 1 },
      });
    },
  );

  test('leaves a slot to the drain that holds its lock', async () => {
    await api.submit(orderBody());
    await api.redis.set(api.store.keys.lock(1), 'another');
    expect(await api.schedule({ slot: 1 }, lambdaContext())).toEqual({ kind: 'busy' });
    expect(await api.schedule({ slot: 0 }, lambdaContext())).toMatchObject({ kind: 'drained' });
  });

  test('claims nothing if no time is left', async () => {
    await api.submit(orderBody());
    expect(await api.schedule({ slot: 0 }, lambdaContext(100))).toMatchObject({
      report: { ...IDLE, remaining: 1 },
    });
  });
});

test('GET /me shows who calls and what they may do, and asks Redis nothing', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'pass');
  const prod = await deploy(proxy, { SLUICE_STAGE: 'prod', SLUICE_QUEUE_MAX: '5000' });
  expect((await prod.call('me', { as: 'writer' })).body).toEqual({
    client: 'shop',
    scopes: ['orders:write'],
    stage: 'prod',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    limits: {
      ordersPerMinute: null,
      queuedOrders: 5_000,
      scheduledOrders: 100_000,
      storedBytes: 134_217_728,
      orderBytes: 262_144,
      orderLines: 1_000,
      batchBytes: 4_194_304,
      batchOrders: 500,
      retentionDays: 30,
    },
  });
  expect((await prod.call('me', { as: 'admin' })).body).toMatchObject({ client: 'ops' });
  expect(proxy.seen()).toBe(0);
});
