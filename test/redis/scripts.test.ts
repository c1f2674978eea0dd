import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
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
  expect(claim).toEqual({ token: 0, orders: [], dead: [], broken: [], more: false });
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

test('an order whose production kills the drain each time is dead after attemptsMax claims, and its neighbours are not', async () => {
  const store = freshStore();
  const [poison, neighbour] = (await submitOrders(store, 2)) as [string, string];
  for (const attempt of [1, 2, 3]) {
    const nowMs = NOW_MS + attempt * 10_000;
    const { orders, token, dead } = await store.claim(claimRequest({ nowMs, leaseMs: 1_000 }));
    expect(orders.map(({ id }) => id)).toContain(poison);
    expect(dead).toEqual([]);
    if (attempt === 1) await store.settle(token, [{ id: neighbour, kind: 'produced' }], nowMs);
  }
  const last = await store.claim(claimRequest({ nowMs: NOW_MS + 90_000 }));
  expect(last).toMatchObject({ orders: [], dead: [poison] });
  expect(await store.read(poison, LATER_MS)).toMatchObject({ status: 'dead', attempts: 3 });
  expect(await store.read(neighbour, LATER_MS)).toMatchObject({ status: 'produced' });
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
  await store.redis.hset(store.keys.owners, { [id]: '1:1' });
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

test('settle records each outcome and leaves each order in one place', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  const { token } = await store.claim(claimRequest());
  const stands = await store.settle(
    token,
    [
      { id: a, kind: 'produced', orderNumber: 7, result: { ok: [] } },
      { id: b, kind: 'retry', dueAtMs: LATER_MS, reason: 'busy' },
      { id: c, kind: 'dead', reason: 'no such sku' },
      { id: d, kind: 'untried' },
    ],
    NOW_MS + 5,
  );
  expect(stands).toEqual([true, true, true, true]);
  expect(await store.read(a, NOW_MS)).toMatchObject({
    status: 'produced',
    attempts: 1,
    orderNumber: 7,
    producedAtMs: NOW_MS + 5,
    result: { ok: [] },
  });
  expect(await store.read(b, NOW_MS)).toMatchObject({
    status: 'queued',
    attempts: 1,
    lastError: { reason: 'busy', atMs: NOW_MS + 5 },
  });
  expect(await store.read(c, NOW_MS)).toMatchObject({ status: 'dead', attempts: 1 });
  expect(await store.read(d, NOW_MS)).toMatchObject({ status: 'queued', attempts: 0 });
  const { keys, redis } = store;
  expect(await redis.zrange(keys.finished, 0, -1)).toEqual([a]);
  expect(await redis.zrange(keys.dead, 0, -1)).toEqual([c]);
  expect(await redis.zrange(keys.pending, 0, -1)).toEqual([d, b]);
  expect(await redis.exists(keys.owners, keys.queue)).toBe(0);
});

test('settle sent twice answers the same and changes nothing', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const { token } = await store.claim(claimRequest());
  expect(await store.settle(token, [{ id, kind: 'produced' }], NOW_MS)).toEqual([true]);
  const before = await store.redis.hgetall(store.keys.order(id));
  expect(await store.settle(token, [{ id, kind: 'produced' }], LATER_MS)).toEqual([true]);
  expect(await store.redis.hgetall(store.keys.order(id))).toEqual(before);
});

test('a drainer whose lease ran out cannot settle what another has claimed since', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const old = await store.claim(claimRequest({ nowMs: NOW_MS, leaseMs: 1_000 }));
  const newer = await store.claim(claimRequest({ nowMs: NOW_MS + 2_000 }));
  expect(await store.settle(old.token, [{ id, kind: 'produced' }], LATER_MS)).toEqual([false]);
  expect(await store.read(id, LATER_MS)).toMatchObject({ status: 'producing', attempts: 2 });
  expect(await store.settle(newer.token, [{ id, kind: 'produced' }], LATER_MS)).toEqual([true]);
  expect(await store.settle(old.token, [{ id, kind: 'dead', reason: 'x' }], LATER_MS)).toEqual([
    false,
  ]);
  expect(await store.read(id, LATER_MS)).toMatchObject({ status: 'produced' });
});

test('settle writes nothing where a key of what has ended holds the wrong type', async () => {
  const store = freshStore();
  const [a, b] = (await submitOrders(store, 2)) as [string, string];
  const { token } = await store.claim(claimRequest());
  await store.redis.set(store.keys.finished, 'a string');
  const settling = store.settle(
    token,
    [
      { id: a, kind: 'produced' },
      { id: b, kind: 'dead', reason: 'x' },
    ],
    NOW_MS,
  );
  await expect(settling).rejects.toThrow(StoreFault);
  expect(await store.redis.exists(store.keys.dead)).toBe(0);
  expect(await store.read(a, NOW_MS)).toMatchObject({ status: 'producing' });
});

test('extend moves the end of the leases that are still held, and says which are', async () => {
  const store = freshStore();
  const [a, b] = (await submitOrders(store, 2)) as [string, string];
  const { token } = await store.claim(claimRequest());
  await store.settle(token, [{ id: a, kind: 'produced' }], NOW_MS);
  expect(await store.extend(token, [a, b], LATER_MS)).toEqual([false, true]);
  expect(await store.redis.zrange(store.keys.pending, 0, -1, { withScores: true })).toEqual([
    b,
    String(LATER_MS),
  ]);
});

test('scripts work after Redis has forgotten them', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  await store.redis.scriptFlush();
  expect((await store.claim(claimRequest())).orders).toHaveLength(1);
});

test('counts say how many orders are where', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 6);
  const { token } = await store.claim(claimRequest({ ordersMax: 4 }));
  await store.settle(
    token,
    [
      { id: ids[0] as string, kind: 'produced' },
      { id: ids[1] as string, kind: 'dead', reason: 'x' },
      { id: ids[2] as string, kind: 'retry', dueAtMs: LATER_MS, reason: 'x' },
    ],
    NOW_MS,
  );
  expect(await store.counts(NOW_MS + 1_000)).toEqual({
    queued: 2,
    producing: 1,
    scheduled: 1,
    dead: 1,
    produced: 1,
    canceled: 0,
    oldestQueuedAgeMs: 996,
    approximate: ['queued', 'scheduled'],
  });
});

test('order numbers are given out once, from 1 on', async () => {
  const store = freshStore();
  expect(await store.numbers.take(3)).toBe(1);
  expect(await store.numbers.take(2)).toBe(4);
});

test('what is stored comes back as it was: text that looks like numbers, JSON or another encoding', async () => {
  const store = freshStore();
  const order = newOrder(randomUUID(), {
    submission: {
      customer: '00017',
      reference: 'true',
      totalAmount: Number.MAX_SAFE_INTEGER,
      lines: [{ sku: '1e3', quantity: 1, unitAmount: 0, description: '🧵 "quoted" \\ Ünïcødé\n' }],
      metadata: JSON.parse('{"__proto__": "p", "empty": ""}'),
    },
  });
  await store.submit(order);
  const [claimed] = (await store.claim(claimRequest())).orders;
  expect(claimed).toMatchObject(order.submission);
  expect(JSON.stringify(claimed?.metadata)).toBe('{"__proto__":"p","empty":""}');
});
