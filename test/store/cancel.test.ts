import { expect, test } from 'vitest';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

test('a canceled order is never claimed, and canceling it again is the same', async () => {
  const store = freshStore();
  const [canceled, other] = (await submitOrders(store, 2)) as [string, string];
  const request = { id: canceled, client: 'shop', nowMs: NOW_MS + 5 };
  expect(await store.cancel(request)).toEqual({ kind: 'canceled' });
  expect(await store.cancel({ ...request, nowMs: LATER_MS })).toEqual({ kind: 'canceled' });
  expect(await store.read(canceled, NOW_MS)).toMatchObject({
    status: 'canceled',
    updatedAtMs: NOW_MS + 5,
  });
  const { orders, broken } = await store.claim(claimRequest());
  expect([orders.map(({ id }) => id), broken]).toEqual([[other], []]);
  expect(await store.redis.llen(store.keys.queue)).toBe(0);
  expect(await store.counts(NOW_MS)).toMatchObject({ canceled: 1, queued: 0 });
});

test('a canceled order that was scheduled is dropped when its time comes', async () => {
  const store = freshStore();
  const order = newOrder('a', { submission: { produceAtMs: LATER_MS } });
  await store.submit(order);
  expect(await store.cancel({ id: order.id, nowMs: NOW_MS })).toEqual({ kind: 'canceled' });
  expect((await store.claim(claimRequest({ nowMs: LATER_MS }))).orders).toEqual([]);
  expect(await store.redis.exists(store.keys.pending)).toBe(0);
});

test('an order is canceled or claimed, never both', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 40);
  const canceling = ids.map((id) => store.cancel({ id, client: 'shop', nowMs: NOW_MS }));
  const claiming = Array.from({ length: 8 }, () => store.claim(claimRequest({ ordersMax: 5 })));
  const answers = await Promise.all(canceling);
  const claimed = new Set(
    (await Promise.all(claiming)).flatMap(({ orders }) => orders.map(({ id }) => id)),
  );
  for (const [index, id] of ids.entries()) {
    expect(answers[index]?.kind === 'canceled').toBe(!claimed.has(id));
  }
});

test('an order that is producing, produced or dead is not canceled', async () => {
  const store = freshStore();
  const [a, b, c] = (await submitOrders(store, 3)) as [string, string, string];
  const { token } = await store.claim(claimRequest());
  await store.settle(
    token,
    [
      { id: a, kind: 'produced' },
      { id: b, kind: 'dead', reason: 'x' },
    ],
    NOW_MS,
  );
  const answers = await Promise.all([a, b, c].map((id) => store.cancel({ id, nowMs: NOW_MS })));
  expect(answers).toEqual([
    { kind: 'refused', status: 'produced' },
    { kind: 'refused', status: 'dead' },
    { kind: 'refused', status: 'producing' },
  ]);
});

test('another client’s order is not found, and neither is one that there is not', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  expect(await store.cancel({ id, client: 'other', nowMs: NOW_MS })).toEqual({ kind: 'not-found' });
  expect(await store.cancel({ id: newOrder('none').id, nowMs: NOW_MS })).toEqual({
    kind: 'not-found',
  });
  expect(await store.read(id, NOW_MS)).toMatchObject({ status: 'queued' });
});
