import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { storeWith } from '../support/store.ts';
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

/** Orders that a producer has rejected. */
async function deadOrders(count: number): Promise<string[]> {
  const store = storeWith(inject('upstash'), api.prefix);
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(String((await api.submit(orderBody())).body.id));
  }
  const limits = { ordersMax: 500, bytesMax: 1e6, leaseMs: 1_000, attemptsMax: 9, nowMs: NOW_MS };
  const { token } = await store.claim(limits);
  const reason = 'The warehouse is closed.';
  await store.settle(
    token,
    ids.map((id) => ({ id, kind: 'dead', reason })),
    NOW_MS,
  );
  return ids;
}

const drain = () => api.schedule({ slot: 0 }, lambdaContext());

describe('GET /dead-letters', () => {
  test('lists dead orders of all clients with what killed them', async () => {
    const [id] = (await deadOrders(1)) as [string];
    const answer = await api.call('deadLetters');
    expect(answer.body).toMatchObject({
      orders: [
        {
          id,
          client: 'shop',
          status: 'dead',
          attempts: 1,
          lastError: { reason: 'The warehouse is closed.', at: new Date(NOW_MS).toISOString() },
        },
      ],
      nextCursor: null,
    });
  });

  test('has pages, and refuses a query that is wrong', async () => {
    const ids = await deadOrders(3);
    const first = await api.call('deadLetters', { query: { limit: '2' } });
    const cursor = String(first.body.nextCursor);
    const second = await api.call('deadLetters', { query: { limit: '2', cursor } });
    const found = [first, second].flatMap(({ body }) => body.orders as { id: string }[]);
    expect(found.map((order) => order.id).sort()).toEqual(ids.sort());
    expect(second.body.nextCursor).toBeNull();
    for (const query of [{ limit: '0' }, { limit: '101' }, { cursor: 'x' }]) {
      expect((await api.call('deadLetters', { query })).status).toBe(400);
    }
  });
});

describe('POST /orders/{id}/redrive', () => {
  test('is 202 with the order, which is produced then; again it is 409', async () => {
    const [id] = (await deadOrders(1)) as [string];
    const answer = await api.call('redrive', { id });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ id, status: 'queued', attempts: 0, client: 'shop' });
    const again = await api.call('redrive', { id });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      type: '/problems/not-dead',
      detail: 'This order is queued.',
    });
    await drain();
    expect((await api.read(id)).body).toMatchObject({ status: 'produced', attempts: 1 });
    expect((await api.call('redrive', { id })).body.detail).toBe('This order is produced.');
  });

  test.each([`ord_${'0'.repeat(32)}`, 'x', '', '../orders', 'ord_*', `ord_${'z'.repeat(32)}`])(
    'of "%s" is a 404',
    async (id) => {
      const answer = await api.call('redrive', { id });
      expect(answer.status).toBe(404);
      expect(await api.keys()).toEqual([]);
    },
  );
});

describe('POST /dead-letters/redrive', () => {
  test('puts 100 back where nothing else is said, and says how many', async () => {
    await deadOrders(101);
    const answer = await api.call('redriveMany');
    expect(answer).toMatchObject({ status: 202, body: { redriven: 100 } });
    expect((await api.call('redriveMany', { body: {} })).body).toEqual({ redriven: 1 });
    expect((await api.call('redriveMany', { body: {} })).body).toEqual({ redriven: 0 });
  });

  test('paces them at 100 a second', async () => {
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
    const answer = await api.call('redriveMany', { body: { limit } });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      type: '/problems/invalid-redrive',
      errors: [{ pointer: '/limit', detail: 'Must be a whole number from 1 to 1,000.' }],
    });
  });

  test('refuses what is no such body, and names what is unknown', async () => {
    const { body } = await api.call('redriveMany', { body: { limit: 1, all: true } });
    expect(body.errors).toEqual([{ pointer: '/all', detail: 'Is not a known member.' }]);
    for (const wrong of ['{', '[]', '1', '"x"', 'null']) {
      expect((await api.call('redriveMany', { body: wrong })).status).toBe(400);
    }
    const headers = { 'content-type': 'text/plain' };
    expect((await api.call('redriveMany', { body: '{}', headers })).status).toBe(415);
    const large = `{${' '.repeat(256 * 1024)}}`;
    expect((await api.call('redriveMany', { body: large })).status).toBe(413);
  });
});
