import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

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
