import { expect, test } from 'vitest';
import {
  CLAIM_CLIENTS_MAX,
  claimCall,
  PENDING_MAX,
  readyClients,
  readyOrders,
} from '../../lib/store/claim.ts';
import { runScript } from '../../lib/store/run-script.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { snapshot } from '../support/places.ts';
import { claimReady, freshStore, submitAll, type TestStore } from '../support/store.ts';
import { settled, settlementsOf, submitted } from './settling.ts';

const READ_MS = NOW_MS + 1_000;
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);
const BUSY = { kind: 'retry', reason: 'busy' } as const;

/** When a drain looks at a client next. */
async function lookAt(store: TestStore, client = 'shop'): Promise<number> {
  const score = await store.redis.zscore(store.keys.clients, client);
  return String(score) === 'inf' ? Number.POSITIVE_INFINITY : Number(score ?? Number.NaN);
}

test('a claim takes the oldest orders first, each once, with tokens that grow by their number', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  const first = await claimReady(store, { ordersMax: 3 });
  const second = await claimReady(store, { ordersMax: 3 });
  expect([idsOf(first.leases), idsOf(second.leases)]).toEqual([ids.slice(0, 3), ids.slice(3)]);
  expect([first.token, second.token]).toEqual([3, 5]);
  expect([first.ready, second.ready]).toEqual([['shop'], []]);
  expect(first.leases[0]).toEqual({
    ...{ id: ids[0], from: 'shop', claims: 1, rank: 1 },
    owner: `3:1:${first.holder}`,
  });
  expect(second.leases.map(({ rank }) => rank)).toEqual([4, 5]);
});

test('a claim that finds nothing takes no token, and has the client looked at no more', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 1);
  await settled(store);
  const claim = await claimReady(store, { clients: ['shop', 'nobody'] });
  expect(claim).toMatchObject({ token: 0, leases: [], ready: [] });
  expect(await store.redis.get(store.keys.fence)).toBe('1');
  expect(await lookAt(store)).toBe(Number.POSITIVE_INFINITY);
  expect(await readyClients(store, NOW_MS * 2)).toEqual([]);
});

test('a scheduled order is claimed when its time comes, and not before', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 0, 1);
  const dueAtMs = NOW_MS + 60_000;
  expect((await claimReady(store, { nowMs: dueAtMs - 1 })).leases).toEqual([]);
  expect((await claimReady(store, { nowMs: dueAtMs - 1, clients: ['shop'] })).leases).toEqual([]);
  expect(await lookAt(store)).toBe(dueAtMs);
  expect((await claimReady(store, { nowMs: dueAtMs })).leases).toHaveLength(1);
});

test('a lease that ends brings its order back, with its claims counted', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 1);
  for (const claims of [1, 2, 3]) {
    const nowMs = NOW_MS + claims * 1_000;
    const { leases } = await claimReady(store, { nowMs, leaseMs: 1_000 });
    expect(leases).toMatchObject([{ claims }]);
    expect(await lookAt(store)).toBe(nowMs + 1_000);
    const early = { nowMs: nowMs + 999, clients: ['shop'] };
    expect((await claimReady(store, early)).leases).toEqual([]);
  }
});

test('an order is pending from the moment that it is leased', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await claimReady(store);
  const { places, leased } = await snapshot(store);
  expect([places.get(id), leased]).toEqual([['pending:shop'], [id]]);
});

test('due orders get at most half of a claim while others wait, and all of it where none do', async () => {
  const store = freshStore();
  const due = await submitted(store, 'shop', 6);
  await settled(store, BUSY);
  const nowMs = NOW_MS + 60_000;
  const fresh = ['a', 'b', 'c', 'd'].map((key) => newOrder(key));
  await submitAll(store, fresh, nowMs);
  const first = idsOf((await claimReady(store, { ordersMax: 4, nowMs })).leases);
  expect(first.filter((id) => due.includes(id))).toHaveLength(2);
  expect(first.slice(2)).toEqual(idsOf(fresh.slice(0, 2)));
  // Three wait by then, less than the other half of the next claim.
  await claimReady(store, { ordersMax: 2, nowMs });
  const last = await claimReady(store, { ordersMax: 4, nowMs });
  expect(idsOf(last.leases)).toHaveLength(4);
  expect(last.ready).toEqual([]);
});

test('each ready client gets its share, and what one does not need is left for those after it', async () => {
  const store = freshStore();
  await submitted(store, 'few', 1);
  await submitted(store, 'many', 20);
  await submitted(store, 'more', 20);
  const { leases, ready } = await claimReady(store, {
    clients: ['few', 'many', 'more', 'none'],
    ordersMax: 10,
  });
  const countOf = (client: string) => leases.filter(({ from }) => from === client).length;
  expect(['few', 'many', 'more'].map(countOf)).toEqual([1, 3, 3]);
  expect(ready).toEqual(['many', 'more']);
});

test('more ready clients than a claim has orders are served in turn', async () => {
  const store = freshStore();
  const clients = Array.from({ length: 12 }, (_, at) => `client-${at}`);
  for (const client of clients) await submitted(store, client, 2);
  const served: string[] = [];
  for (let claim = 0; claim < 3; claim += 1) {
    const nowMs = READ_MS + claim;
    const request = { clients: await readyClients(store, nowMs), nowMs, ordersMax: 5 };
    served.push(...(await claimReady(store, request)).leases.map(({ from }) => from));
  }
  expect(served).toHaveLength(15);
  expect(new Set(served).size).toBe(12);
});

test('a look tells 50 clients at most, those served longest ago first', async () => {
  const store = freshStore();
  const names = Array.from({ length: CLAIM_CLIENTS_MAX + 3 }, (_, at) => `c${100 + at}`);
  for (const [at, client] of names.entries()) {
    await submitAll(store, [newOrder('a', { client })], NOW_MS + at);
  }
  expect(await readyClients(store, READ_MS)).toEqual(names.slice(0, CLAIM_CLIENTS_MAX));
  const claim = await claimReady(store, { clients: names.slice(0, 3), ordersMax: 3 });
  expect(claim.ready).toEqual(names.slice(3));
  expect(await readyOrders(store, names, READ_MS)).toEqual({ queued: CLAIM_CLIENTS_MAX, due: 0 });
  expect(await readyOrders(store, [], READ_MS)).toEqual({ queued: 0, due: 0 });
});

test('a client of whom more is due than a claim looks at stays ready', async () => {
  const store = freshStore();
  const clients = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'shop'];
  await submitted(store, 'shop', 40);
  await settled(store, BUSY);
  const nowMs = NOW_MS + 60_000;
  const claim = await claimReady(store, { clients, ordersMax: 20, nowMs });
  // The others have none, so it could have all of the claim; it was looked at for its share.
  expect(claim.leases).toHaveLength(5);
  expect(claim.ready).toEqual(['shop']);
});

test('nothing is taken from the queue of a client of whom too many are pending', async () => {
  const store = freshStore();
  const scheduled = await submitted(store, 'shop', 0, 3);
  await submitted(store, 'shop', 2);
  const request = { clients: ['shop'], ordersMax: 10, leaseMs: 1_000, holder: 'h', nowMs: READ_MS };
  const call = claimCall(store, request);
  expect(call.args[4]).toBe(String(PENDING_MAX));
  const with3 = { ...call, args: call.args.with(4, '3') };
  const [, none] = (await runScript(store.client, with3)) as [number, unknown[]];
  expect(none).toEqual([]);
  expect(await lookAt(store), 'until one of them is due').toBe(NOW_MS + 60_000);
  const due = { ...with3, args: with3.args.with(1, String(NOW_MS + 60_000)) };
  const [, orders] = (await runScript(store.client, due)) as [number, unknown[]];
  // Three values for each order, of which the first is its id.
  expect(orders.filter((_, at) => at % 3 === 0).toSorted()).toEqual(scheduled.toSorted());
});

test('an id that is in the queue twice, or queued while it is leased, is leased once', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await store.redis.lpush(store.keys.queue('shop'), id);
  expect(idsOf((await claimReady(store)).leases)).toEqual([id]);
  await store.redis.lpush(store.keys.queue('shop'), id);
  await claimReady(store, { nowMs: NOW_MS + 120_000, clients: ['shop'] });
  expect((await snapshot(store)).places.get(id)).toEqual(['pending:shop']);
});

test('a claim leases first and takes out then, so an order that is in neither place is never seen', async () => {
  const store = freshStore();
  const ids = await submitted(store, 'shop', 4);
  const claim = await claimReady(store, { ordersMax: 2 });
  const settlements = await settlementsOf(store, claim);
  const request = { clients: ['shop'], ordersMax: 2, leaseMs: 1, holder: 'h', nowMs: READ_MS };
  const { stands, claim: next } = await settleAndClaim(store, settlements, request);
  expect(stands).toEqual([true, true]);
  expect(idsOf(next?.leases ?? [])).toEqual(ids.slice(2));
});
