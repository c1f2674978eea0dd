import { expect, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import { claimRequest, NOW_MS, newOrder } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

test('submit writes the hash, the index and the queue of a new order', async () => {
  const store = freshStore();
  const order = newOrder('a');
  expect(await store.submit(order)).toEqual({ kind: 'accepted' });
  expect(await store.redis.lrange(store.keys.queue, 0, -1)).toEqual([order.id]);
  expect(await store.redis.zscore(store.keys.index, order.id)).toBe(String(NOW_MS));
  expect(await store.read(order.id, NOW_MS)).toMatchObject({
    ...order.submission,
    id: order.id,
    client: 'shop',
    status: 'queued',
    attempts: 0,
    acceptedAtMs: NOW_MS,
  });
});

test('submit of a known id answers what the first one stored and writes nothing', async () => {
  const store = freshStore();
  await store.submit(newOrder('a'));
  const other = newOrder('a', { submission: { customer: 'else' }, acceptedAtMs: LATER_MS });
  expect(await store.submit(other)).toEqual({
    kind: 'known',
    fingerprint: newOrder('a').fingerprint,
    acceptedAtMs: NOW_MS,
  });
  expect(await store.redis.llen(store.keys.queue)).toBe(1);
  expect(await store.read(other.id, NOW_MS)).toMatchObject({ customer: '17850' });
});

test('submit brings back an order whose hash is lost while the index knows it', async () => {
  const store = freshStore();
  const order = newOrder('a');
  await store.submit(order);
  await store.redis.del(store.keys.order(order.id), store.keys.queue);
  expect(await store.submit(order)).toEqual({ kind: 'accepted' });
  expect((await store.claim(claimRequest())).orders.map(({ id }) => id)).toEqual([order.id]);
});

test.each(['order', 'index', 'queue'] as const)(
  'submit leaves nothing behind where the key of the %s holds the wrong type',
  async (kind) => {
    const store = freshStore();
    const order = newOrder('a');
    const key = kind === 'order' ? store.keys.order(order.id) : store.keys[kind];
    await store.redis.set(key, 'a string');
    await expect(store.submit(order)).rejects.toThrow(StoreFault);
    expect(await store.redis.keys(`${store.prefix}*`)).toEqual([key]);
  },
);

test('submit does not bring back an order that was canceled before its hash was lost', async () => {
  const store = freshStore();
  const order = newOrder('a');
  await store.submit(order);
  await store.cancel({ id: order.id, nowMs: NOW_MS });
  await store.claim(claimRequest());
  await store.redis.del(store.keys.order(order.id));
  await expect(store.submit({ ...order, acceptedAtMs: LATER_MS })).rejects.toThrow(StoreFault);
  expect(await store.redis.exists(store.keys.queue, store.keys.order(order.id))).toBe(0);
});

test('submit does not bring back an order that had ended when its hash was lost', async () => {
  const store = freshStore();
  const order = newOrder('a');
  await store.submit(order);
  const { token } = await store.claim(claimRequest());
  await store.settle(token, [{ id: order.id, kind: 'produced' }], NOW_MS);
  await store.redis.del(store.keys.order(order.id));
  const repeat = { ...order, acceptedAtMs: LATER_MS };
  await expect(store.submit(repeat)).rejects.toThrow(StoreFault);
  expect(await store.redis.exists(store.keys.queue, store.keys.order(order.id))).toBe(0);
});
