import { expect, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import { claimRequest, NOW_MS, newOrder } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;
const orders = (...keys: string[]) => keys.map((key) => newOrder(key));
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);

test('a batch of new orders is queued in its order', async () => {
  const store = freshStore();
  const batch = orders('a', 'b', 'c');
  const { answers, queueDepth } = await store.submitAll(batch, NOW_MS);
  expect(queueDepth).toBe(3);
  expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(idsOf((await store.claim(claimRequest())).orders)).toEqual(idsOf(batch));
});

test('known orders of a batch answer what is kept, and only the new ones are written', async () => {
  const store = freshStore();
  const [a, b, c] = orders('a', 'b', 'c') as [
    ReturnType<typeof newOrder>,
    ReturnType<typeof newOrder>,
    ReturnType<typeof newOrder>,
  ];
  await store.submitAll([b], NOW_MS);
  const other = newOrder('b', { submission: { customer: 'else' } });
  expect((await store.submitAll([a, other, c], LATER_MS)).answers).toEqual([
    { kind: 'accepted' },
    { kind: 'known', fingerprint: b.fingerprint, acceptedAtMs: NOW_MS },
    { kind: 'accepted' },
  ]);
  expect(await store.redis.lrange(store.keys.queue, 0, -1)).toEqual(idsOf([c, a, b]));
  expect(await store.read(b.id, NOW_MS)).toMatchObject({ customer: '17850' });
});

test('scheduled orders of a batch wait for their time', async () => {
  const store = freshStore();
  const later = newOrder('later', { submission: { produceAtMs: LATER_MS } });
  const now = newOrder('now');
  await store.submitAll([later, now], NOW_MS);
  expect(await store.redis.zrange(store.keys.pending, 0, -1)).toEqual([later.id]);
  expect(await store.redis.lrange(store.keys.queue, 0, -1)).toEqual([now.id]);
});

test('500 orders of every field fit into one submit', async () => {
  const store = freshStore();
  const full = { reference: 'r', produceAtMs: 1, metadata: { a: 'b' } };
  const batch = Array.from({ length: 500 }, (_, index) =>
    newOrder(`key-${index}`, { submission: full }),
  );
  await store.submitAll(batch, NOW_MS);
  expect(await store.redis.llen(store.keys.queue)).toBe(500);
  const claim = await store.claim(claimRequest({ ordersMax: 500 }));
  expect(claim.orders).toHaveLength(500);
  const settlements = idsOf(claim.orders).map((id) => ({ id, kind: 'produced' as const }));
  expect(await store.settle(claim.token, settlements, NOW_MS)).not.toContain(false);
});

test('an order whose key holds no hash is a fault; the others of its batch are taken', async () => {
  const store = freshStore();
  const [a, broken] = orders('a', 'broken') as [
    ReturnType<typeof newOrder>,
    ReturnType<typeof newOrder>,
  ];
  await store.redis.set(store.keys.order(broken.id), 'a string');
  await expect(store.submitAll([a, broken], NOW_MS)).rejects.toThrow(StoreFault);
  await expect(store.submitAll([a, broken], LATER_MS)).rejects.toThrow(StoreFault);
  expect(await store.redis.zrange(store.keys.index, 0, -1)).toEqual([a.id]);
  expect(await store.redis.lrange(store.keys.queue, 0, -1)).toEqual([a.id]);
});

test.each(['queue', 'pending'] as const)(
  'a batch leaves nothing behind where order_%s holds the wrong type',
  async (wrong) => {
    const store = freshStore();
    const known = newOrder('known');
    await store.submitAll([known], NOW_MS);
    await store.redis.del(store.keys.queue);
    await store.redis.set(store.keys[wrong], 'a string');
    const later = newOrder('later', { submission: { produceAtMs: LATER_MS } });
    const submitting = store.submitAll([newOrder('a'), known, later], NOW_MS + 1);
    await expect(submitting).rejects.toThrow(StoreFault);
    const kept = [store.keys.order(known.id), store.keys.index, store.keys[wrong]];
    expect((await store.redis.keys(`${store.prefix}*`)).toSorted()).toEqual(kept.toSorted());
    expect(await store.redis.zrange(store.keys.index, 0, -1)).toEqual([known.id]);
  },
);
