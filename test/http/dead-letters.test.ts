import { beforeEach, describe, expect, test, vi } from 'vitest';
import { producerOf, runDrain } from '../support/drains.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

/** Orders of two clients that a producer has rejected. */
async function deadOrders(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (const as of ['shop', 'other'] as const) {
    const orders = Array.from({ length: as === 'shop' ? Math.ceil(count / 2) : count >> 1 }, () =>
      orderBody({ idempotencyKey: `k${ids.length + Math.random()}` }),
    );
    if (orders.length === 0) continue;
    const { body } = await api.call('batch', { body: { orders }, as });
    ids.push(...(body.results as { order: { id: string } }[]).map(({ order }) => order.id));
  }
  const producer = producerOf(() => ({ kind: 'rejected', reason: 'The warehouse is closed.' }));
  const clock = steppedClock(NOW_MS);
  await runDrain(api.store, { producer, clock, limits: { batchSize: 500 } });
  return ids;
}

const drain = () => api.schedule({ slot: 0 }, lambdaContext());

describe('GET /dead-letters', () => {
  test('lists dead orders of all clients with what killed them', async () => {
    const [id, other] = (await deadOrders(2)) as [string, string];
    const { body } = await api.call('deadLetters');
    const shared = {
      status: 'dead',
      attempts: 1,
      lastError: { reason: 'The warehouse is closed.', at: new Date(NOW_MS).toISOString() },
    };
    expect(body).toMatchObject({ nextCursor: null, examined: 2 });
    const orders = body.orders as { id: string; client: string }[];
    expect(orders.toSorted((a, b) => b.client.localeCompare(a.client))).toMatchObject([
      { id, client: 'shop', ...shared },
      { id: other, client: 'other', ...shared },
    ]);
  });

  test('has pages, and refuses an invalid query', async () => {
    const ids = await deadOrders(3);
    const first = await api.call('deadLetters', { query: { limit: '2' } });
    const cursor = String(first.body.nextCursor);
    const second = await api.call('deadLetters', { query: { limit: '2', cursor } });
    const found = [first, second].flatMap(({ body }) => body.orders as { id: string }[]);
    expect(found.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(second.body.nextCursor).toBeNull();
    for (const query of [{ limit: '0' }, { limit: '101' }, { cursor: 'x' }]) {
      expect((await api.call('deadLetters', { query })).status).toBe(400);
    }
  });
});

describe('POST /orders/{id}/redrive', () => {
  test('is a 202 with the order, which is then produced, and a 409 if it is not dead', async () => {
    const [id] = (await deadOrders(1)) as [string];
    expect(await api.call('redrive', { id })).toMatchObject({
      status: 202,
      body: { id, status: 'queued', attempts: 0, client: 'shop' },
    });
    expect(await api.call('redrive', { id })).toMatchObject({
      status: 409,
      body: { type: '/problems/not-dead', detail: 'This order is queued.' },
    });
    await drain();
    expect((await api.read(id)).body).toMatchObject({ status: 'produced', attempts: 1 });
    expect((await api.call('redrive', { id })).body.detail).toBe('This order is already produced.');
  });

  test.each([`ord_${'0'.repeat(32)}`, '', '../orders', 'ord_*'])('of "%s" is a 404', async (id) => {
    expect((await api.call('redrive', { id })).status).toBe(404);
    expect(await api.keys()).toEqual([]);
  });
});

describe('POST /dead-letters/redrive', () => {
  test('puts 100 back by default, and says how many', async () => {
    await deadOrders(101);
    expect(await api.call('redriveMany')).toMatchObject({ status: 202, body: { redriven: 100 } });
    expect((await api.call('redriveMany', { body: {} })).body).toEqual({ redriven: 1 });
    expect((await api.call('redriveMany', { body: {} })).body).toEqual({ redriven: 0 });
  });

  test('puts 100 orders a second back', async () => {
    await deadOrders(30);
    expect((await api.call('redriveMany', { body: { limit: 30 } })).body).toEqual({ redriven: 30 });
    vi.setSystemTime(NOW_MS + 100);
    await drain();
    expect((await api.call('stats')).body).toMatchObject({ produced: 10, dead: 0 });
    vi.setSystemTime(NOW_MS + 300);
    await drain();
    expect((await api.call('stats')).body.produced).toBe(30);
  });

  test.each([0, 1_001, -1, 1.5, '5', null, [], {}])('refuses a limit of %j', async (limit) => {
    expect(await api.call('redriveMany', { body: { limit } })).toMatchObject({
      status: 400,
      body: {
        type: '/problems/invalid-redrive',
        errors: [{ pointer: '/limit', detail: 'Must be a whole number from 1 to 1,000.' }],
      },
    });
  });

  test('refuses any other body', async () => {
    const { body } = await api.call('redriveMany', { body: { limit: 1, all: true } });
    expect(body.errors).toMatchObject([{ pointer: '/all' }]);
    for (const wrong of ['{', '[]', '1', '"x"', 'null']) {
      expect((await api.call('redriveMany', { body: wrong })).status).toBe(400);
    }
    const headers = { 'content-type': 'text/plain' };
    expect((await api.call('redriveMany', { body: '{}', headers })).status).toBe(415);
    const large = `{${' '.repeat(256 * 1024)}}`;
    expect((await api.call('redriveMany', { body: large })).status).toBe(413);
  });

  test('puts those back that are named, at the pace that is asked for, and says what the others are', async () => {
    const [first = '', second = ''] = await deadOrders(3);
    const waiting = String((await api.submit(orderBody())).body.id);
    const missing = `ord_${'0'.repeat(32)}`;
    const ids = [second, waiting, missing, first, second];
    const { status, body } = await api.call('redriveMany', { body: { ids, ordersPerSecond: 2 } });
    expect(status).toBe(202);
    expect(body.redriven).toBe(3);
    expect(body.results).toMatchObject([
      { id: second, status: 202 },
      { id: waiting, status: 409, problem: { detail: 'This order is queued.' } },
      { id: missing, status: 404, problem: { type: '/problems/not-found' } },
      { id: first, status: 202 },
      { id: second, status: 202 },
    ]);
    const pending = api.store.keys.pending('shop');
    expect(await api.redis.zrange(pending, 0, -1, { withScores: true })).toEqual(
      [second, NOW_MS + 500, first, NOW_MS + 1_000].map(String),
    );
  });

  test.each([{ ids: [] }, { ids: ['x'] }, { ids: 'x' }, { ordersPerSecond: 0 }])(
    'refuses %j',
    async (body) => {
      expect(await api.call('redriveMany', { body })).toMatchObject({
        status: 400,
        body: { type: '/problems/invalid-redrive' },
      });
    },
  );

  test('refuses a limit beside ids, and more than 100 ids', async () => {
    const id = `ord_${'0'.repeat(32)}`;
    const both = await api.call('redriveMany', { body: { ids: [id], limit: 1 } });
    expect(both.body.errors).toMatchObject([{ detail: 'Must have limit or ids, not both.' }]);
    const many = await api.call('redriveMany', { body: { ids: Array(101).fill(id) } });
    expect(many.body.errors).toMatchObject([{ pointer: '/ids' }]);
  });
});
