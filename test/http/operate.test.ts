import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  api = await deploy();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const NOTHING = {
  queued: 0,
  producing: 0,
  scheduled: 0,
  dead: 0,
  produced: 0,
  canceled: 0,
  oldestQueuedAgeMs: null,
  approximate: [],
};

describe('GET /stats', () => {
  test('counts nothing where there is nothing', async () => {
    const answer = await api.call('stats');
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual(NOTHING);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    expect(await api.keys()).toEqual([]);
  });

  test('counts the orders of all clients, and how long the oldest has waited', async () => {
    await api.submit(orderBody());
    vi.setSystemTime(NOW_MS + 1_000);
    await api.submit(orderBody(), { as: 'other' });
    vi.setSystemTime(NOW_MS + 5_000);
    const { body } = await api.call('stats');
    expect(body).toStrictEqual({ ...NOTHING, queued: 2, oldestQueuedAgeMs: 5_000 });
  });

  test('counts what was produced, and what is for later', async () => {
    await api.submit(orderBody());
    await api.submit(orderBody({ produceAt: new Date(NOW_MS + 60_000).toISOString() }));
    await api.schedule({ slot: 0 }, lambdaContext());
    expect((await api.call('stats')).body).toMatchObject({ queued: 0, produced: 1, scheduled: 1 });
  });

  test('says which counts are not exact, and names only counts', async () => {
    await api.submit(orderBody({ produceAt: new Date(NOW_MS + 60_000).toISOString() }));
    const { body } = await api.call('stats');
    expect(Object.keys(NOTHING)).toEqual(expect.arrayContaining(body.approximate as string[]));
    expect(body.approximate).toContain('scheduled');
  });
});

const IDLE = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 0 };

describe('POST /drain', () => {
  test('with nothing to do says so', async () => {
    const answer = await api.call('drain');
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual(IDLE);
  });

  test('produces what waits, of all clients, and leaves what is for later', async () => {
    const ours = await api.submit(orderBody());
    await api.submit(orderBody(), { as: 'other' });
    await api.submit(orderBody({ produceAt: new Date(NOW_MS + 60_000).toISOString() }));
    const answer = await api.call('drain');
    expect(answer.body).toStrictEqual({ ...IDLE, claimed: 2, produced: 2 });
    expect((await api.read(String(ours.body.id))).body.status).toBe('produced');
  });

  test('needs no body, and does not read one', async () => {
    expect((await api.call('drain', { body: '{' })).status).toBe(200);
    expect((await api.call('drain', { body: Buffer.from([0xff]) })).status).toBe(200);
  });

  test('is 409 where another drain holds the lock, and works again once it is given back', async () => {
    const lock = `${api.prefix}order_lock:0`;
    await api.redis.set(lock, 'another');
    await api.submit(orderBody());
    const answer = await api.call('drain');
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ type: '/problems/drain-running', status: 409 });
    expect(await api.redis.get(lock)).toBe('another');
    await api.redis.del(lock);
    expect((await api.call('drain')).body.produced).toBe(1);
  });

  test('gives its lock back', async () => {
    await api.submit(orderBody());
    await api.call('drain');
    expect((await api.keys()).filter((key) => key.startsWith('order_lock'))).toEqual([]);
  });

  test('of many at once each order is produced by one', async () => {
    await Promise.all(Array.from({ length: 20 }, () => api.submit(orderBody())));
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.call('drain')));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const produced = answers.map(({ body }) => Number(body.produced ?? 0));
    expect(produced.reduce((sum, count) => sum + count)).toBe(20);
    expect((await api.call('stats')).body).toMatchObject({ produced: 20, queued: 0 });
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

  test('ends quietly where another drain holds the lock of its slot', async () => {
    await api.redis.set(`${api.prefix}order_lock:1`, 'another');
    expect(await api.schedule({ slot: 1 }, lambdaContext())).toEqual({ kind: 'busy' });
    expect(await api.schedule({ slot: 0 }, lambdaContext())).toMatchObject({ kind: 'drained' });
  });

  test('with no time left claims nothing', async () => {
    await api.submit(orderBody());
    expect(await api.schedule({ slot: 0 }, lambdaContext(100))).toMatchObject({
      report: { ...IDLE, remaining: 1 },
    });
  });
});
