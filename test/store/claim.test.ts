import { expect, test } from 'vitest';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

test('a scheduled order is claimed when its time comes, and not before', async () => {
  const store = freshStore();
  const order = newOrder('a', { submission: { produceAtMs: LATER_MS } });
  await store.submit(order);
  expect(await store.read(order.id, NOW_MS)).toMatchObject({ status: 'scheduled' });
  expect((await store.claim(claimRequest({ nowMs: LATER_MS - 1 }))).orders).toEqual([]);
  expect(await store.read(order.id, LATER_MS)).toMatchObject({ status: 'queued' });
  expect((await store.claim(claimRequest({ nowMs: LATER_MS }))).orders).toHaveLength(1);
});

test('claim takes the oldest orders first, each once, with tokens that grow', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  const first = await store.claim(claimRequest({ ordersMax: 3 }));
  const second = await store.claim(claimRequest({ ordersMax: 3 }));
  expect(first.orders.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  expect(second.orders.map(({ id }) => id)).toEqual(ids.slice(3));
  expect([first.more, second.more]).toEqual([true, false]);
  expect(second.token).toBeGreaterThan(first.token);
  expect(first.orders[0]).toMatchObject({ status: 'producing', attempts: 1 });
});

test('claim of an empty queue leases nothing and takes no token', async () => {
  const store = freshStore();
  const claim = await store.claim(claimRequest());
  expect(claim).toMatchObject({ token: 0, orders: [], dead: [], broken: [], more: false });
  expect(await store.redis.keys(`${store.prefix}*`)).toEqual([]);
});

test('claim takes due and queued orders in turn, so that neither starves the other', async () => {
  const store = freshStore();
  await submitOrders(store, 4);
  const { orders, token } = await store.claim(claimRequest());
  const retried = orders.map(({ id }) => id);
  const settlements = retried.map((id) => ({ id, kind: 'retry', dueAtMs: NOW_MS, reason: 'x' }));
  await store.settle(token, settlements as never, NOW_MS);
  const fresh = newOrder('fresh');
  await store.submit(fresh);
  const next = await store.claim(claimRequest({ ordersMax: 2 }));
  expect(next.orders.map(({ id }) => id)).toContain(fresh.id);
  expect(next.orders).toHaveLength(2);
});

test('claim stops at its byte limit and leaves the rest in the queue', async () => {
  const store = freshStore();
  await submitOrders(store, 3);
  const claim = await store.claim(claimRequest({ bytesMax: 1 }));
  expect(claim.orders).toHaveLength(1);
  expect(claim.more).toBe(true);
  expect(await store.redis.llen(store.keys.queue)).toBe(2);
});

test('an order comes back when its lease ends, with the attempt counted', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  await store.claim(claimRequest({ nowMs: NOW_MS, leaseMs: 1_000 }));
  expect((await store.claim(claimRequest({ nowMs: NOW_MS + 999 }))).orders).toEqual([]);
  const again = await store.claim(claimRequest({ nowMs: NOW_MS + 1_000 }));
  expect(again.orders).toMatchObject([{ attempts: 2 }]);
});

test('an order whose last lease ended without an answer is claimed alone', async () => {
  const store = freshStore();
  const [a, b] = (await submitOrders(store, 2)) as [string, string];
  await store.claim(claimRequest({ nowMs: NOW_MS, leaseMs: 1_000 }));
  const fresh = newOrder('fresh');
  await store.submit(fresh);
  const claims = [];
  for (let claim = 0; claim < 3; claim += 1) {
    claims.push(await store.claim(claimRequest({ nowMs: NOW_MS + 2_000 })));
  }
  const claimed = claims.map(({ orders }) => orders.map(({ id }) => id));
  expect(claimed).toHaveLength(3);
  expect(claimed.every((ids) => ids.length === 1)).toBe(true);
  expect(claimed.flat().toSorted()).toEqual([a, b, fresh.id].toSorted());
  expect(claims.map(({ more }) => more)).toEqual([true, true, false]);
});

test('an order whose last lease ended without an answer does not join others that were taken before it', async () => {
  const store = freshStore();
  const [suspect, retried] = (await submitOrders(store, 2)) as [string, string];
  const { token } = await store.claim(claimRequest({ nowMs: NOW_MS, leaseMs: 1_000 }));
  const dueAtMs = NOW_MS + 500;
  await store.settle(token, [{ id: retried, kind: 'retry', dueAtMs, reason: 'busy' }], NOW_MS);
  const request = claimRequest({ nowMs: NOW_MS + 2_000 });
  const claims = [await store.claim(request), await store.claim(request)];
  expect(claims.map(({ orders }) => orders.map(({ id }) => id))).toEqual([[retried], [suspect]]);
});

test('an order that has used up its attempts is dead; its last error is kept where it was told', async () => {
  const store = freshStore();
  const [told, untold] = (await submitOrders(store, 2)) as [string, string];
  const { token } = await store.claim(claimRequest());
  const reason = 'card refused';
  await store.settle(token, [{ id: told, kind: 'retry', dueAtMs: NOW_MS, reason }], NOW_MS);
  const nowMs = LATER_MS + 60_000;
  const { dead } = await store.claim(claimRequest({ nowMs, attemptsMax: 1 }));
  expect(dead.toSorted()).toEqual([told, untold].toSorted());
  expect(await store.read(told, nowMs)).toMatchObject({ status: 'dead', lastError: { reason } });
  expect((await store.read(untold, nowMs))?.lastError?.reason).toContain('without an answer');
});

test('an order whose attempts cannot be read stops no other', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 2)) as [string];
  await store.redis.hset(store.keys.order(id), { attempts: '' });
  expect((await store.claim(claimRequest())).orders).toHaveLength(2);
});

test('claim drops ids whose order is gone or is no hash, names them, and takes the others', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 3);
  await store.redis.del(store.keys.order(ids[0] as string));
  await store.redis.set(store.keys.order(ids[1] as string), 'no hash');
  const claim = await store.claim(claimRequest());
  expect(claim.broken.toSorted()).toEqual(ids.slice(0, 2).toSorted());
  expect(claim.orders.map(({ id }) => id)).toEqual([ids[2]]);
  expect(await store.redis.llen(store.keys.queue)).toBe(0);
});

test('an order that cannot be read is named and dies by its attempts', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await store.redis.hset(store.keys.order(id), { lines: '[not json' });
  for (const attempt of [1, 2, 3]) {
    const claim = await store.claim(claimRequest({ nowMs: NOW_MS + attempt * 60_000 }));
    expect(claim).toMatchObject({ orders: [], broken: [id] });
  }
  const claim = await store.claim(claimRequest({ nowMs: NOW_MS + 300_000 }));
  expect(claim.dead).toEqual([id]);
});

test('an id that is queued twice, or queued while it is leased, is claimed once', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await store.redis.lpush(store.keys.queue, id);
  expect((await store.claim(claimRequest())).orders).toHaveLength(1);
  await store.redis.lpush(store.keys.queue, id);
  expect((await store.claim(claimRequest())).orders).toEqual([]);
  expect(await store.redis.llen(store.keys.queue)).toBe(0);
});

test('an id that is queued and owned but has no lease left is claimed, not lost', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  await store.redis.hset(store.keys.owners, { [id]: '1:1:gone' });
  const claim = await store.claim(claimRequest());
  expect(claim.orders.map((order) => order.id)).toEqual([id]);
});

test('an id of a produced order that surfaces again is dropped', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const { token } = await store.claim(claimRequest());
  await store.settle(token, [{ id, kind: 'produced', orderNumber: 1 }], NOW_MS);
  await store.redis.lpush(store.keys.queue, id);
  expect(await store.claim(claimRequest())).toMatchObject({ orders: [], dead: [], broken: [] });
  expect(await store.read(id, NOW_MS)).toMatchObject({ status: 'produced', orderNumber: 1 });
});

test('claim loses no id where a key holds the wrong type', async () => {
  for (const wrong of ['pending', 'owners', 'fence'] as const) {
    const store = freshStore();
    const ids = await submitOrders(store, 2);
    await store.redis.del(store.keys[wrong]);
    await store.redis.lpush(store.keys[wrong], 'x');
    await expect(store.claim(claimRequest())).rejects.toThrow();
    expect(await store.redis.lrange(store.keys.queue, 0, -1)).toEqual(ids.toReversed());
  }
});
