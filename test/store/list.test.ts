import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Order } from '../../lib/orders/order.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { findByKey, type ListRequest, listOrders, type Page } from '../../lib/store/list.ts';
import type { Position } from '../../lib/store/list-places.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import {
  claimReady,
  freshStore,
  readOrder,
  submitAll,
  submitOne,
  type TestStore,
} from '../support/store.ts';
import { settled, submitted } from './settling.ts';

const READ_MS = NOW_MS + 1_000;
const idsOf = ({ orders }: { orders: readonly { id: string }[] }) => orders.map(({ id }) => id);

function page(store: TestStore, overrides: Partial<ListRequest> = {}): Promise<Page> {
  const request = { of: 'orders', ordersMax: 100, nowMs: READ_MS, matches: () => true } as const;
  return listOrders(store, { ...request, ...overrides });
}

/** All pages, one after the other. */
async function pages(store: TestStore, request: Partial<ListRequest> = {}): Promise<string[][]> {
  const all: string[][] = [];
  let { after } = request;
  do {
    const next = await page(store, { ...request, after });
    all.push(idsOf(next));
    // As a cursor carries it.
    after = next.end && JSON.parse(JSON.stringify(next.end));
  } while (after !== undefined);
  return all;
}

/** Orders of two clients in every place, each client's in the order that a list shows. */
async function everywhere(store: TestStore) {
  const listed = { shop: [] as string[], other: [] as string[] };
  const answers = [
    { kind: 'produced' },
    { kind: 'rejected', reason: 'x' },
    { kind: 'retry', reason: 'x', afterMs: 600_000 },
    // Last, as whatever waits is claimed with the next.
    undefined,
  ] as const;
  for (const [at, answer] of answers.entries()) {
    for (const client of ['shop', 'other'] as const) {
      for (const n of [1, 2]) {
        const order = newOrder(`${answer?.kind}-${n}`, { client });
        await submitAll(store, [order], NOW_MS + 10 * at + n);
        listed[client].unshift(order.id);
        if (answer !== undefined) await settled(store, answer, NOW_MS + 10 * at + n);
      }
    }
  }
  return listed;
}

test('a list shows what waits, then the dead, then what ended, each newest first, in pages of any size', async () => {
  const store = freshStore();
  const { shop } = await everywhere(store);
  for (const ordersMax of [1, 3, 8, 100]) {
    const found = await pages(store, { client: 'shop', ordersMax });
    expect(found.flat(), `${ordersMax} to a page`).toEqual(shop);
    for (const ids of found) expect(ids.length).toBeLessThanOrEqual(ordersMax);
  }
});

test('a list over all clients has every order once, place after place', async () => {
  const store = freshStore();
  const { shop, other } = await everywhere(store);
  for (const ordersMax of [1, 5, 100]) {
    const found = (await pages(store, { ordersMax })).flat();
    expect(found.toSorted()).toEqual([...shop, ...other].toSorted());
    for (const place of [0, 2, 4, 6]) {
      const both = [shop, other].flatMap((ids) => ids.slice(place, place + 2));
      expect(found.slice(2 * place, 2 * place + 4).toSorted()).toEqual(both.toSorted());
    }
  }
});

test('there is nothing to page through where there are no orders', async () => {
  expect(await page(freshStore())).toEqual({ orders: [], examined: 0 });
  expect(await page(freshStore(), { client: 'shop' })).toEqual({ orders: [], examined: 0 });
});

test('an order in a list is as reading it says', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 2, 1);
  await claimReady(store, { ordersMax: 1, nowMs: NOW_MS });
  const { orders } = await page(store);
  expect(orders).toHaveLength(3);
  for (const order of orders) expect(order).toEqual(await readOrder(store, order.id, READ_MS));
});

test('pages that follow miss no order and keep their order, whatever comes and goes between them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 3, max: 30 }),
        cut: fc.nat(),
        comes: fc.nat(5),
        goes: fc.nat(5),
      }),
      async ({ count, cut, comes, goes }) => {
        const store = freshStore();
        // All of one time, so that a position is found among equals.
        await submitted(store, 'shop', count, count);
        const all = (await pages(store)).flat();
        const first = await page(store, { ordersMax: 1 + (cut % (2 * count)) });
        for (let n = 0; n < comes; n += 1) await submitOne(store, newOrder(`new-${n}`));
        const taken = await claimReady(store, { ordersMax: goes + 1, clients: ['shop'] });
        const gone = new Set(taken.leases.map(({ id }) => id));
        const rest =
          first.end === undefined ? [] : (await pages(store, { after: first.end })).flat();
        // What was leased meanwhile stands in another place by then. Where the last one of a page has
        // left its queue, some before it may be shown again.
        const isFound = !gone.has(idsOf(first).at(-1) ?? '');
        const seen = [...idsOf(first), ...rest];
        const stayed = seen.filter((id) => all.includes(id) && !gone.has(id));
        expect(isFound ? stayed : [...new Set(stayed)]).toEqual(all.filter((id) => !gone.has(id)));
        expect(seen).toEqual(expect.arrayContaining(all));
      },
    ),
    { numRuns: 25 },
  );
});

test('a filter shows those that match, over all pages, and each status is the one that clients see', async () => {
  const store = freshStore();
  const { shop } = await everywhere(store);
  const statuses = ['queued', 'dead', 'produced'] as const;
  const having = (status: string) => (order: Order) => order.status === status;
  const found = await Promise.all(
    statuses.map((status) =>
      pages(store, { client: 'shop', ordersMax: 1, matches: having(status) }),
    ),
  );
  expect(found.map((each) => each.flat())).toEqual([
    shop.slice(0, 4),
    shop.slice(4, 6),
    shop.slice(6),
  ]);
});

test('a request examines 100 orders at most, however few match, and says how many', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 250);
  const sizes: number[] = [];
  let after: Position | undefined;
  do {
    const next = await page(store, { matches: () => false, after });
    sizes.push(next.examined);
    after = next.end;
  } while (after !== undefined);
  expect(sizes).toEqual([100, 100, 50]);
});

test('a request reads about 4 MiB of orders at most', async () => {
  const store = freshStore();
  const lines = Array.from({ length: 600 }, () => ({
    ...{ sku: 'a', quantity: 1, unitAmount: 1, description: 'x'.repeat(256) },
  }));
  for (let from = 0; from < 80; from += 20) {
    const batch = Array.from({ length: 20 }, (_, at) =>
      newOrder(`${from + at}`, { submission: { lines } }),
    );
    await submitAll(store, batch);
  }
  const first = await page(store);
  expect(first.examined).toBeLessThan(75);
  expect((await pages(store)).flat()).toHaveLength(80);
});

test('an id without a readable record is left out', async () => {
  const store = freshStore();
  const [a, b, c, d] = (await submitOrders(store, 4)) as [string, string, string, string];
  await store.redis.del(store.keys.order(a));
  await store.redis.set(store.keys.order(b), 'a string');
  await store.redis.set(store.keys.state(c), '{"status":"unheard of"}');
  expect(idsOf(await page(store))).toEqual([d]);
  expect(idsOf(await page(store, { client: 'shop' }))).toEqual([d]);
});

test('dead letters come with those first that died last, over all clients', async () => {
  const store = freshStore();
  const { shop, other } = await everywhere(store);
  const found = await pages(store, { of: 'dead-letters', ordersMax: 1 });
  expect(found.flat().toSorted()).toEqual([...shop.slice(4, 6), ...other.slice(4, 6)].toSorted());
  const mine = await pages(store, { of: 'dead-letters', client: 'other' });
  expect(mine.flat()).toEqual(other.slice(4, 6));
});

test('an order that waits to be tried alone is listed for its client, and for no other', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await claimReady(store, { leaseMs: 1 });
  await settled(store, undefined, NOW_MS + 60_000);
  await submitted(store, 'other', 1);
  expect(await store.redis.zcard(store.keys.pending('!shop'))).toBe(1);
  expect(idsOf(await page(store, { client: 'shop' }))).toEqual([id]);
  expect(idsOf(await page(store, { client: 'other' }))).toHaveLength(1);
  expect(idsOf(await page(store))).toHaveLength(2);
});

test('an order is found by its idempotency key, and only by its client', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await cancel(store, { id, nowMs: NOW_MS });
  await runDrain(store);
  const find = (client?: string, matches: (order: Order) => boolean = () => true) =>
    findByKey(store, 'ready-0', {
      ...{ nowMs: READ_MS, ordersMax: 10, matches },
      ...(client && { client }),
    });
  expect([idsOf(await find('shop')), idsOf(await find()), idsOf(await find('other'))]).toEqual([
    ...[[id], [id], []],
  ]);
  expect(idsOf(await find('shop', ({ status }) => status === 'queued'))).toEqual([]);
});

test('more clients than one group holds are listed group by group', async () => {
  const store = freshStore();
  const names = Array.from({ length: 53 }, (_, at) => `client-${100 + at}`);
  for (const client of names) await submitted(store, client, 1);
  const found = await pages(store, { ordersMax: 10 });
  expect(found.flat()).toHaveLength(53);
  expect(new Set(found.flat()).size).toBe(53);
});
