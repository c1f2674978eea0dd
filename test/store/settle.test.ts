import { expect, inject, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { freshStore, storeWith } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

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

test('a fencing token that a failover has given out twice settles only its own claim', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const first = await store.claim(claimRequest({ nowMs: NOW_MS }));
  // The primary is lost with the claim's writes, and another process claims the order again.
  await store.redis.del(store.keys.pending, store.keys.owners, store.keys.fence);
  await store.redis.lpush(store.keys.queue, id);
  const other = storeWith(inject('upstash'), store.prefix);
  const second = await other.claim(claimRequest({ nowMs: NOW_MS }));
  expect(second.token).toBe(first.token);
  expect(await store.settle(first.token, [{ id, kind: 'produced' }], NOW_MS)).toEqual([false]);
  expect(await store.extend(first.token, [id], LATER_MS)).toEqual([false]);
  expect(await other.settle(second.token, [{ id, kind: 'produced' }], NOW_MS)).toEqual([true]);
});

test.each(['gone', 'no hash'])(
  'an order whose hash is %s by the time it is settled spoils no other, and gets no half a hash',
  async (state) => {
    const store = freshStore();
    const [lost, good] = (await submitOrders(store, 2)) as [string, string];
    const { token } = await store.claim(claimRequest());
    await store.redis.del(store.keys.order(lost));
    if (state === 'no hash') await store.redis.set(store.keys.order(lost), 'a string');
    const settlements = [lost, good].map((id) => ({ id, kind: 'produced' as const }));
    expect(await store.settle(token, settlements, NOW_MS)).toEqual([false, true]);
    expect(await store.redis.zrange(store.keys.finished, 0, -1)).toEqual([good]);
    expect(await store.redis.exists(store.keys.order(lost))).toBe(state === 'gone' ? 0 : 1);
  },
);
