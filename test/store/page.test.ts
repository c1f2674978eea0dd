import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idPrefixOf, orderIdOf } from '../../lib/orders/identity.ts';
import type { Page, PageRequest, Place } from '../../lib/queue/store.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders, type TestOrder } from '../support/orders.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const idsOf = ({ orders }: Page) => orders.map(({ id }) => id);

function page(store: TestStore, overrides: Partial<PageRequest> = {}): Promise<Page> {
  return store.page({ of: 'orders', ordersMax: 100, nowMs: NOW_MS + 1_000, ...overrides });
}

/** All pages, one after the other. */
async function pages(store: TestStore, request: Partial<PageRequest>): Promise<string[][]> {
  const all: string[][] = [];
  let after: Place | undefined;
  do {
    const next = await page(store, { ...request, ...(after && { after }) });
    all.push(idsOf(next));
    after = next.end;
  } while (after !== undefined);
  return all;
}

/** Submits orders in one batch, so that all have the same time. */
async function submitAtOnce(store: TestStore, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, (_, index) => newOrder(`key-${index}`));
  await store.submitAll(orders, NOW_MS);
  return orders.map(({ id }) => id);
}

test('pages have every order once, the newest first, and the last one says that it is the last', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 7);
  const newestFirst = ids.toReversed();
  expect(await pages(store, { ordersMax: 3 })).toEqual([
    newestFirst.slice(0, 3),
    newestFirst.slice(3, 6),
    newestFirst.slice(6),
  ]);
  expect(await pages(store, { ordersMax: 7 })).toEqual([newestFirst]);
});

test('there is nothing to page through where there are no orders', async () => {
  expect(await page(freshStore())).toEqual({ orders: [] });
});

test('an order is as reading it says, without its lines', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  await store.submit(newOrder('due', { submission: { produceAtMs: NOW_MS + 500 } }));
  await store.claim(claimRequest({ ordersMax: 1, nowMs: NOW_MS }));
  for (const nowMs of [NOW_MS, NOW_MS + 1_000]) {
    const { orders } = await page(store, { nowMs });
    for (const order of orders) {
      const { lines, ...summary } = (await store.read(order.id, nowMs)) ?? { lines: undefined };
      expect(lines).toHaveLength(1);
      expect(order).toEqual(summary);
    }
    expect(orders).toHaveLength(2);
  }
});

// All of one time, so the place is found among equals; and each of the places may be gone.
test('the next page begins where the last one ended, also where the order there has gone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ count: fc.integer({ min: 2, max: 40 }), cut: fc.nat(), gone: fc.nat() }),
      async ({ count, cut, gone }) => {
        const store = freshStore();
        await submitAtOnce(store, count);
        await store.submit(newOrder('older', { acceptedAtMs: NOW_MS - 1 }));
        await store.submit(newOrder('newer', { acceptedAtMs: NOW_MS + 1 }));
        const all = idsOf(await page(store));
        const first = await page(store, { ordersMax: 1 + (cut % count) });
        const removed = all.slice(0, 1 + (cut % count)).slice(-1 - (gone % 3));
        await store.redis.zrem(store.keys.index, ...removed);
        const rest = await page(store, { after: first.end as Place });
        expect([...idsOf(first), ...idsOf(rest)]).toEqual(all);
      },
    ),
    { numRuns: 40 },
  );
});

test('orders that come in between pages change nothing of what follows', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 4);
  const first = await page(store, { ordersMax: 2 });
  await store.submit(newOrder('later', { acceptedAtMs: NOW_MS + 100 }));
  const second = await page(store, { after: first.end as Place });
  expect([...idsOf(first), ...idsOf(second)]).toEqual(ids.toReversed());
});

async function mixed(store: TestStore): Promise<TestOrder[]> {
  const orders = Array.from({ length: 12 }, (_, index) => {
    const customer = index % 3 === 0 ? 'rare' : 'often';
    const client = index % 2 === 0 ? 'shop' : 'other';
    const times = { submission: { customer }, acceptedAtMs: NOW_MS + index };
    return { ...newOrder(`key-${index}`, times), client, id: orderIdOf(client, `key-${index}`) };
  });
  for (const order of orders) await store.submit(order);
  return orders.toReversed();
}

test('a filter shows those that match, over all pages, and none twice', async () => {
  const store = freshStore();
  const orders = await mixed(store);
  const matching = (client: string, customer: string) =>
    orders
      .filter((order) => order.client === client && order.submission.customer === customer)
      .map(({ id }) => id);
  for (const client of ['shop', 'other']) {
    for (const customer of ['rare', 'often', 'nobody']) {
      const found = await pages(store, { client, customer, ordersMax: 1 });
      expect(found.flat()).toEqual(matching(client, customer));
      for (const ids of found) expect(ids.length).toBeLessThanOrEqual(1);
    }
  }
});

test('a status is the one that clients see', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  const later = newOrder('later', { submission: { produceAtMs: NOW_MS + 60_000 } });
  await store.submit(later);
  await store.cancel({ id: d, nowMs: NOW_MS });
  const { token } = await store.claim(claimRequest({ ordersMax: 3, nowMs: NOW_MS + 10 }));
  await store.settle(
    token,
    [
      { id: a, kind: 'produced' },
      { id: b, kind: 'dead', reason: 'x' },
    ],
    NOW_MS,
  );
  const having = async (status: PageRequest['status'] & string, nowMs = NOW_MS + 10) =>
    idsOf(await page(store, { status, nowMs }));
  expect(await having('produced')).toEqual([a]);
  expect(await having('dead')).toEqual([b]);
  expect(await having('producing')).toEqual([c]);
  expect(await having('canceled')).toEqual([d]);
  expect(await having('scheduled')).toEqual([later.id]);
  expect(await having('queued')).toEqual([]);
  expect(await having('queued', NOW_MS + 60_000)).toEqual([later.id]);
  expect(await having('scheduled', NOW_MS + 60_000)).toEqual([]);
});

test('a request looks at no more than 100 orders, however few match', async () => {
  const store = freshStore();
  await submitAtOnce(store, 250);
  const found = await pages(store, { customer: 'nobody', ordersMax: 1 });
  expect(found).toEqual([[], [], []]);
});

test('an id without its hash, or whose key holds something else, is left out', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  await store.redis.del(store.keys.order(a));
  await store.redis.set(store.keys.order(b), 'a string');
  await store.redis.hset(store.keys.order(c), { status: 'unheard of' });
  expect(idsOf(await page(store))).toEqual([d]);
});

test('dead letters come with those first that died last', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 3);
  const { token } = await store.claim(claimRequest());
  for (const [at, id] of [ids[1], ids[0], ids[2]].entries()) {
    await store.settle(token, [{ id: String(id), kind: 'dead', reason: `r${at}` }], NOW_MS + at);
  }
  const { orders } = await page(store, { of: 'dead-letters' });
  expect(orders.map(({ id, lastError }) => [id, lastError?.reason])).toEqual([
    [ids[2], 'r2'],
    [ids[0], 'r1'],
    [ids[1], 'r0'],
  ]);
});

test('a client whose ids begin alike, as one in a million does, sees its own orders alone', async () => {
  const store = freshStore();
  // Found by trying names: the first two whose 20 bits are the same.
  const pair = ['c1404', 'c1657'] as const;
  expect(new Set(pair.map(idPrefixOf)).size).toBe(1);
  for (const client of pair) {
    await store.submit({ ...newOrder('key'), client, id: orderIdOf(client, 'key') });
  }
  const { orders } = await page(store, { client: pair[0] });
  expect(orders.map(({ client }) => client)).toEqual([pair[0]]);
});
