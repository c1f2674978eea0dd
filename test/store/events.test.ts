import { expect, inject, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;

const announcingStore = () => freshStore(inject('upstash'), { isAnnounced: true });

/** What waits to be announced, the oldest first. */
async function outbox({ redis, keys }: TestStore): Promise<string[]> {
  return (await redis.lrange(keys.events, 0, -1)).reverse();
}

/** Orders that are produced, and so the events that wait. */
async function produced(store: TestStore, count: number): Promise<string[]> {
  const ids = await submitOrders(store, count);
  const { token } = await store.claim(claimRequest());
  await store.settle(
    token,
    ids.map((id) => ({ id, kind: 'produced' })),
    NOW_MS,
  );
  return ids.map((id) => `${id}:produced:${NOW_MS}`);
}

test('a settle leaves an event for each order that ended by it, and its repeat no second one', async () => {
  const store = announcingStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  const { token } = await store.claim(claimRequest());
  const settle = (nowMs: number) =>
    store.settle(
      token,
      [
        { id: a, kind: 'produced' },
        { id: b, kind: 'retry', dueAtMs: LATER_MS, reason: 'busy' },
        { id: c, kind: 'dead', reason: 'no such sku' },
        { id: d, kind: 'untried' },
      ],
      nowMs,
    );
  await settle(NOW_MS + 5);
  const events = [`${a}:produced:${NOW_MS + 5}`, `${c}:dead:${NOW_MS + 5}`];
  expect(await outbox(store)).toEqual(events);
  expect(await settle(LATER_MS)).toEqual([true, true, true, true]);
  expect(await outbox(store)).toEqual(events);
});

test('a settle that no longer holds its orders, or finds one gone, leaves no event of it', async () => {
  const store = announcingStore();
  const [lost, kept] = (await submitOrders(store, 2)) as [string, string];
  const old = await store.claim(claimRequest({ leaseMs: 1_000 }));
  const newer = await store.claim(claimRequest({ nowMs: NOW_MS + 5_000 }));
  const [id] = newer.orders.map((order) => order.id) as [string];
  await store.settle(old.token, [{ id, kind: 'produced' }], NOW_MS);
  expect(await outbox(store)).toEqual([]);
  await store.redis.del(store.keys.order(id));
  const last = await store.claim(claimRequest({ nowMs: NOW_MS + 5_000 }));
  const [other] = last.orders.map((order) => order.id) as [string];
  expect([id, other].toSorted()).toEqual([lost, kept].toSorted());
  expect(await store.settle(newer.token, [{ id, kind: 'produced' }], NOW_MS)).toEqual([false]);
  await store.settle(last.token, [{ id: other, kind: 'produced' }], NOW_MS);
  expect(await outbox(store)).toEqual([`${other}:produced:${NOW_MS}`]);
});

test('an order that dies in a claim leaves an event', async () => {
  const store = announcingStore();
  const ids = await submitOrders(store, 2);
  await store.claim(claimRequest({ leaseMs: 1_000, attemptsMax: 1 }));
  const { dead } = await store.claim(claimRequest({ nowMs: LATER_MS, attemptsMax: 1 }));
  expect(dead.toSorted()).toEqual(ids.toSorted());
  expect(await outbox(store)).toEqual(dead.map((id) => `${id}:dead:${LATER_MS}`));
});

test('a cancel leaves an event, and neither its repeat nor one that comes too late leaves another', async () => {
  const store = announcingStore();
  const [canceled, claimed] = (await submitOrders(store, 2)) as [string, string];
  await store.cancel({ id: canceled, nowMs: NOW_MS + 5 });
  await store.cancel({ id: canceled, nowMs: LATER_MS });
  await store.claim(claimRequest());
  expect(await store.cancel({ id: claimed, nowMs: LATER_MS })).toMatchObject({ kind: 'refused' });
  expect(await outbox(store)).toEqual([`${canceled}:canceled:${NOW_MS + 5}`]);
});

test('nothing is written where the outbox holds the wrong type', async () => {
  const store = announcingStore();
  const [a, b] = (await submitOrders(store, 2)) as [string, string];
  await store.redis.set(store.keys.events, 'a string');
  await expect(store.cancel({ id: a, nowMs: NOW_MS })).rejects.toThrow(StoreFault);
  expect(await store.read(a, NOW_MS)).toMatchObject({ status: 'queued' });
  expect(await store.redis.exists(store.keys.canceled)).toBe(0);

  const { token } = await store.claim(claimRequest({ leaseMs: 1_000 }));
  await expect(store.settle(token, [{ id: a, kind: 'produced' }], NOW_MS)).rejects.toThrow(
    StoreFault,
  );
  expect(await store.redis.exists(store.keys.finished)).toBe(0);
  expect(await store.read(a, NOW_MS)).toMatchObject({ status: 'producing' });

  const dying = store.claim(claimRequest({ nowMs: LATER_MS, attemptsMax: 1 }));
  await expect(dying).rejects.toThrow(StoreFault);
  expect(await store.redis.exists(store.keys.dead)).toBe(0);
  expect(await store.redis.hlen(store.keys.owners)).toBe(2);
  expect(await store.read(b, NOW_MS)).toMatchObject({ status: 'producing' });
});

test('where nothing is announced no event is left', async () => {
  const store = freshStore();
  const [a] = (await submitOrders(store, 4)) as [string];
  await store.cancel({ id: a, nowMs: NOW_MS });
  const { token, orders } = await store.claim(claimRequest({ ordersMax: 3, leaseMs: 1_000 }));
  const [first, second] = orders as readonly [{ id: string }, { id: string }, ...unknown[]];
  await store.settle(token, [{ id: first.id, kind: 'produced' }], NOW_MS);
  await store.settle(token, [{ id: second.id, kind: 'dead', reason: 'x' }], NOW_MS);
  await store.claim(claimRequest());
  await store.claim(claimRequest({ nowMs: LATER_MS, attemptsMax: 1 }));
  expect(await store.redis.exists(store.keys.events)).toBe(0);
});

test('events are read the oldest first, with their orders as they are now', async () => {
  const store = announcingStore();
  const [a, b, c] = (await submitOrders(store, 3)) as [string, string, string];
  const { token } = await store.claim(claimRequest());
  const dead = [a, b, c].map((id) => ({ id, kind: 'dead' as const, reason: 'x' }));
  await store.settle(token, dead, NOW_MS);
  await store.redrive({ ids: [b], pauseMs: 0, mark: 'm', nowMs: NOW_MS });
  await store.claim(claimRequest());
  await store.redis.del(store.keys.order(c));
  const events = await store.events.oldest(0, NOW_MS);
  expect(events).toMatchObject([
    { id: `${a}:dead:${NOW_MS}`, orderId: a, kind: 'dead', atMs: NOW_MS, order: { id: a } },
    { orderId: b, order: { status: 'producing' } },
    { orderId: c },
  ]);
  expect(events[2]).not.toHaveProperty('order');
  expect(await store.events.oldest(1, NOW_MS)).toEqual(events.slice(1));
  expect(await store.events.oldest(3, NOW_MS)).toEqual([]);
});

test('an order that cannot be read is announced without it, and stops no other', async () => {
  const store = announcingStore();
  const [event, other] = (await produced(store, 2)) as [string, string];
  const [id] = event.split(':') as [string];
  await store.redis.del(store.keys.order(id));
  await store.redis.set(store.keys.order(id), 'a string');
  const events = await store.events.oldest(0, NOW_MS);
  expect(events.map((found) => [found.id, found.order?.status])).toEqual([
    [event, undefined],
    [other, 'produced'],
  ]);
});

const seen = (ids: readonly string[]) => ids.map((id) => ({ id, isRefused: false }));

test('what was announced is taken out, and nothing else', async () => {
  const store = announcingStore();
  const events = await produced(store, 4);
  await store.events.takeOut(seen(events.slice(0, 2)));
  expect(await outbox(store)).toEqual(events.slice(2));
  // The repeat of a request whose reply was lost.
  await store.events.takeOut(seen(events.slice(0, 2)));
  expect(await outbox(store)).toEqual(events.slice(2));
});

test('an announcer that comes late takes out what another has left of its events, and no other', async () => {
  const store = announcingStore();
  const events = await produced(store, 5);
  await store.events.takeOut(seen(events.slice(0, 2)));
  await store.events.takeOut(seen(events.slice(0, 3)));
  expect(await outbox(store)).toEqual(events.slice(3));
  // One that is not the oldest stays, as what is before it was not announced.
  await store.events.takeOut(seen(events.slice(4)));
  expect(await outbox(store)).toEqual(events.slice(3));
});

test('what the receiver refused is set aside, and 10,000 of those are kept', async () => {
  const store = announcingStore();
  const [first, second] = (await produced(store, 2)) as [string, string];
  const older = Array.from({ length: 10_000 }, (_, index) => `older-${index}`) as [string];
  await store.redis.rpush(store.keys.eventsRefused, ...older);
  await store.events.takeOut([
    { id: first, isRefused: true },
    { id: second, isRefused: false },
  ]);
  expect(await outbox(store)).toEqual([]);
  expect(await store.redis.lrange(store.keys.eventsRefused, 0, 1)).toEqual([first, 'older-0']);
  expect(await store.redis.llen(store.keys.eventsRefused)).toBe(10_000);
});

test('nothing is taken out where those that were refused have no place', async () => {
  const store = announcingStore();
  const [event] = (await produced(store, 1)) as [string];
  await store.redis.set(store.keys.eventsRefused, 'a string');
  const taking = store.events.takeOut([{ id: event, isRefused: true }]);
  await expect(taking).rejects.toThrow(StoreFault);
  expect(await outbox(store)).toEqual([event]);
});
