import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { StoreFault } from '../../lib/store/errors.ts';
import { readyScore } from '../../lib/store/keys.ts';
import { submit } from '../../lib/store/submit.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { claimReady, freshStore, readOrder, submitAll, submitOne } from '../support/store.ts';
import { submitted } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;
const later = (key: string) => newOrder(key, { submission: { produceAtMs: LATER_MS } });
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);

test('a new order is written once, queued, and read back as it was submitted', async () => {
  const store = freshStore();
  const order = newOrder(randomUUID(), {
    submission: {
      customer: '00017',
      reference: 'true',
      totalAmount: Number.MAX_SAFE_INTEGER,
      lines: [
        {
          sku: '1e3',
          quantity: 1,
          unitAmount: Number.MAX_SAFE_INTEGER,
          description: '🧵 "quoted" \\ Ünïcødé\n',
        },
      ],
      metadata: JSON.parse('{"__proto__": "p", "empty": ""}'),
    },
  });
  expect(await submitOne(store, order)).toEqual({ kind: 'accepted' });
  const read = await readOrder(store, order.id, NOW_MS);
  expect(read).toEqual({
    ...order.submission,
    ...{ id: order.id, client: 'shop', idempotencyKey: order.idempotencyKey, status: 'queued' },
    ...{ attempts: 0, acceptedAtMs: NOW_MS, updatedAtMs: NOW_MS },
  });
  expect(JSON.stringify(read?.metadata)).toBe('{"__proto__":"p","empty":""}');
  await expectAllInPlace(store, [order.id]);
});

test('a known order answers what the first submit stored, whatever the repeat holds', async () => {
  const store = freshStore();
  await submitOne(store, newOrder('a'));
  const before = (await snapshot(store)).contents;
  const other = newOrder('a', { submission: { customer: 'else' }, acceptedAtMs: LATER_MS });
  const { fingerprint } = newOrder('a');
  expect(await submitOne(store, other)).toEqual({
    kind: 'known',
    fingerprint,
    acceptedAtMs: NOW_MS,
    replaced: [],
  });
  expect((await snapshot(store)).contents).toEqual(before);
});

test('orders of a batch are queued in their order, and scheduled ones wait for their time', async () => {
  const store = freshStore();
  const batch = ['a', 'b', 'c'].map((key) => newOrder(key));
  const { answers, queueDepth } = await submitAll(store, [...batch, later('later')]);
  expect(queueDepth).toBe(3);
  expect(answers.map(({ kind }) => kind)).toEqual(Array(4).fill('accepted'));
  const claim = await claimReady(store);
  expect(idsOf(claim.leases)).toEqual(idsOf(batch));
  expect((await snapshot(store)).places.get(later('later').id)).toEqual(['pending:shop']);
});

test('of a batch only what is new is written', async () => {
  const store = freshStore();
  const [a, c] = [newOrder('a'), newOrder('c')];
  await submitAll(store, [newOrder('b')]);
  const changed = newOrder('b', { submission: { customer: 'else' } });
  const { answers, queueDepth } = await submitAll(store, [a, changed, c], LATER_MS);
  expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'known', 'accepted']);
  expect(queueDepth).toBe(3);
  expect(await readOrder(store, changed.id, NOW_MS)).toMatchObject({ customer: '17850' });
});

test('what a submit leaves alone says nothing of the depth of the queue', async () => {
  const store = freshStore();
  expect(await submitAll(store, [later('a')])).not.toHaveProperty('queueDepth');
  expect(await submitAll(store, [later('a')])).not.toHaveProperty('queueDepth');
});

test('a submit to an empty queue makes its client ready, and a scheduled one when it is due', async () => {
  const store = freshStore();
  const look = async () => Number(await store.redis.zscore(store.keys.clients, 'shop'));
  await submitAll(store, [later('a')]);
  expect(await look()).toBe(LATER_MS);
  await submitAll(store, [newOrder('b')], NOW_MS + 5);
  expect(await look()).toBe(readyScore(NOW_MS + 5));
  await submitAll(store, [newOrder('c')], NOW_MS - 5);
  expect(await look(), 'the queue was not empty').toBe(readyScore(NOW_MS + 5));
});

test('scheduled orders are refused where more would be pending, and ready ones are not', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 0, 2);
  const orders = [later('later-0'), later('x'), newOrder('y'), later('z')];
  const request = { client: 'shop', orders, nowMs: NOW_MS, queueMax: 1_000 };
  const { answers } = await submit(store, { ...request, pendingMax: 3 });
  expect(answers.map(({ kind }) => kind)).toEqual(['known', 'no-room', 'accepted', 'no-room']);
  expect(await readOrder(store, later('x').id, NOW_MS)).toBeUndefined();
  const again = await submit(store, { ...request, orders: [later('x')], pendingMax: 3 });
  expect(again.answers).toEqual([{ kind: 'accepted' }]);
  const over = await submit(store, { ...request, orders: [later('w')], pendingMax: 3 });
  expect(over.answers).toEqual([{ kind: 'no-room', where: 'schedule' }]);
});

test('500 orders of every field fit into one submit', async () => {
  const store = freshStore();
  const full = { reference: 'r', produceAtMs: 1, metadata: { a: 'b' } };
  const batch = Array.from({ length: 500 }, (_, at) => newOrder(`key-${at}`, { submission: full }));
  await submitAll(store, batch);
  expect((await claimReady(store, { ordersMax: 500 })).leases).toHaveLength(500);
});

test('a record whose beginning is not that of an order is a fault', async () => {
  const store = freshStore();
  const { id } = newOrder('a');
  await store.redis.set(store.keys.order(id), '{"v":2}');
  await expect(submitOne(store, newOrder('a'))).rejects.toThrow(StoreFault);
});

test('clients share nothing but the list of who waits', async () => {
  const store = freshStore();
  const mine = await submitted(store, 'shop', 1);
  const others = await submitted(store, 'other', 1);
  expect(mine).not.toEqual(others);
  const { places } = await snapshot(store);
  expect(places.get(mine[0] as string)).toEqual(['queue:shop']);
  expect(places.get(others[0] as string)).toEqual(['queue:other']);
});
