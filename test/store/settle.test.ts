import { expect, test } from 'vitest';
import { extend } from '../../lib/store/extend.ts';
import { SETTLE } from '../../lib/store/scripts.ts';
import { type Settlements, settleAndClaim } from '../../lib/store/settle.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { startStack } from '../support/stack.ts';
import { claimReady, freshStore, readOrder } from '../support/store.ts';
import { OPERATIONS } from './operations.ts';
import { settled, settlementsOf, submitted } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;
const settle = async (store: ReturnType<typeof freshStore>, settlements: Settlements) =>
  (await settleAndClaim(store, settlements, undefined)).stands;

test('a settlement moves each order to its place and ends its lease', async () => {
  const store = freshStore();
  const prepared = await OPERATIONS['settle of all kinds']?.prepare(store);
  const [canceled, unanswered, ...rest] = prepared?.ids ?? [];
  await prepared?.call(store);
  const { places, leased, contents } = await snapshot(store);
  expect(leased).toEqual([]);
  const placesOf = (ids: readonly (string | undefined)[]) => ids.map((id) => places.get(id ?? ''));
  expect(placesOf([canceled, unanswered])).toEqual([['ended:shop:0'], ['pending:!shop']]);
  expect(placesOf(rest.slice(0, 6))).toEqual([
    ...Array(3).fill(['ended:shop:0']),
    ...[['pending:shop'], ['dead:shop'], ['pending:shop']],
  ]);
  expect(placesOf(rest.slice(6))).toEqual(Array(2).fill(['ended:other:0']));
  expect(contents.order_totals).toEqual(
    expect.arrayContaining(['produced', '5', 'canceled', '1', 'leaving', '0']),
  );
  expect(contents.order_segments).toEqual(['other:000000000000', '0', 'shop:000000000000', '0']);
  // A produced or dead order leaves an event, and so does a canceled one as it is moved.
  const events = (contents.order_events as string[]).map((event) => event.split(':')[1]);
  expect(events.toSorted()).toEqual(['canceled', 'dead', ...Array(5).fill('produced')]);
  expect(await store.redis.zscore(store.keys.clients, '!shop')).not.toBeNull();
});

test('order numbers are given in the order of acceptance, and each once, also where a settle is repeated', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 6);
  await settle(store, await settlementsOf(store, await claimReady(store, { ordersMax: 4 })));
  const last = await settlementsOf(store, await claimReady(store));
  for (const _ of ['first', 'repeat']) expect(await settle(store, last)).toEqual([true, true]);
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)));
  expect(orders.map((order) => order?.orderNumber)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a number that a client may have read stays, though its settle was torn and is sent again', async () => {
  await using stack = await startStack();
  const store = freshStore(stack);
  const ids = await submitOrders(store, 3);
  const settlements = await settlementsOf(store, await claimReady(store));
  const numbers = async () => {
    const orders = await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)));
    return orders.map((order) => order?.orderNumber);
  };
  const failure = { error: 'databaseFull', of: 'script', script: SETTLE.sha1 } as const;
  stack.rules.failure = { ...failure, command: 7, andLater: true };
  await expect(settle(store, settlements)).rejects.toThrow();
  stack.rules.failure = null;
  expect(await numbers()).toEqual([1, 2, 3]);
  expect(await settle(store, settlements)).toEqual([true, true, true]);
  expect(await numbers()).toEqual([1, 2, 3]);
  const { contents } = await snapshot(store);
  expect(contents.order_totals).toEqual(['produced', '3']);
});

test('a drainer whose lease ran out cannot settle what another has claimed since', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  const old = await claimReady(store, { nowMs: NOW_MS, leaseMs: 1_000 });
  const stale = await settlementsOf(store, old);
  const newer = await claimReady(store, { nowMs: NOW_MS + 2_000 });
  expect(await settle(store, stale)).toEqual([false]);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'producing', attempts: 2 });
  const alone = await settlementsOf(store, newer);
  expect(await settle(store, alone)).toEqual([true]);
  expect(await settle(store, stale)).toEqual([false]);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'queued', attempts: 1 });
  expect((await snapshot(store)).places.get(id)).toEqual(['pending:!shop']);
});

test('a fencing token that a failover has given out twice settles only its own claim', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  const first = await claimReady(store);
  // The primary is lost with the claim's writes, and another process claims the order again.
  await store.redis.del(store.keys.pending('shop'), store.keys.owners, store.keys.fence);
  await store.redis.lpush(store.keys.queue('shop'), id);
  const second = await claimReady(store, { clients: ['shop'] });
  expect(second.token).toBe(first.token);
  const [stale, good] = [await settlementsOf(store, first), await settlementsOf(store, second)];
  expect(await settle(store, stale)).toEqual([false]);
  expect(await extend(store, first.leases, LATER_MS)).toEqual([false]);
  expect(await settle(store, good)).toEqual([true]);
});

test('a refused settlement does not keep those beside it from standing', async () => {
  const store = freshStore();
  const [a, b] = (await submitOrders(store, 2)) as [string, string];
  const settlements = await settlementsOf(store, await claimReady(store));
  await store.redis.hset(store.keys.owners, { [a]: '99:1:another' });
  expect(await settle(store, settlements)).toEqual([false, true]);
  const { places, leased } = await snapshot(store);
  expect([places.get(a), places.get(b), leased]).toEqual([['pending:shop'], ['ended:shop:0'], [a]]);
});

test('extend moves the end of the leases that are still held, and says which are', async () => {
  const store = freshStore();
  await submitOrders(store, 2);
  await submitted(store, 'other', 1);
  const claim = await claimReady(store, { leaseMs: 30_000 });
  const [first] = await extend(store, claim.leases, LATER_MS);
  // One that was sent before, and comes late.
  await extend(store, claim.leases, LATER_MS - 1);
  expect(first).toBe(true);
  const [, untilMs] = await store.redis.zrange(store.keys.pending('shop'), 0, 0, {
    withScores: true,
  });
  expect(untilMs).toBe(String(LATER_MS));
  const all = await settlementsOf(store, claim);
  await settle(store, { ...all, settlements: all.settlements.slice(0, 1) });
  const endMs = LATER_MS + 5_000;
  expect(await extend(store, claim.leases, endMs)).toEqual([false, true, true]);
  for (const client of ['shop', 'other']) {
    const ends = await store.redis.zrange(store.keys.pending(client), 0, -1, { withScores: true });
    expect(ends.filter((_, at) => at % 2 === 1)).toEqual(
      Array(ends.length / 2).fill(String(endMs)),
    );
  }
});

test('an order that is extended as it is settled is not brought back', async () => {
  const store = freshStore();
  const ids = await submitted(store, 'shop', 1);
  const claim = await claimReady(store);
  await settle(store, await settlementsOf(store, claim));
  await store.redis.hset(store.keys.owners, { [ids[0] as string]: claim.leases[0]?.owner });
  await extend(store, claim.leases, LATER_MS);
  expect((await snapshot(store)).places.get(ids[0] as string)).toEqual(['ended:shop:0']);
});

test('orders that are given back are the next to be claimed, in their order', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  const claim = await claimReady(store, { ordersMax: 3 });
  await settle(store, await settlementsOf(store, claim, () => ({ kind: 'untried' })));
  expect((await claimReady(store)).leases.map(({ id }) => id)).toEqual(ids);
});

test('the orders of one claim that ended are in the segment of its token', async () => {
  const store = freshStore();
  await store.redis.set(store.keys.fence, '299998');
  const ids = await submitted(store, 'shop', 1);
  await settled(store);
  const others = await submitted(store, 'other', 1);
  await settled(store);
  const { places, contents } = await snapshot(store);
  expect(places.get(ids[0] as string)).toEqual(['ended:shop:2']);
  expect(places.get(others[0] as string)).toEqual(['ended:other:3']);
  expect(contents.order_segments).toEqual(['other:000000000003', '0', 'shop:000000000002', '0']);
});

test('a move that was cut off is completed in the segment and at the time that the state names', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await settled(store);
  const before = (await snapshot(store)).contents;
  // The settle wrote the state and no more, and by the next claim another segment has begun.
  await store.redis.zrem(store.keys.ended('shop', 0), id);
  await store.redis.zadd(store.keys.pending('shop'), { score: NOW_MS, member: id });
  await store.redis.set(store.keys.fence, '250000');
  const claim = await claimReady(store, { clients: ['shop'], nowMs: LATER_MS });
  await settle(store, await settlementsOf(store, claim, undefined, { nowMs: LATER_MS }));
  const after = (await snapshot(store)).contents;
  expect(after['order_ended:shop:0']).toEqual(before['order_ended:shop:0']);
  // Announced again, as it is not known whether it was; a receiver knows it by the same id.
  expect(new Set(after.order_events as string[])).toEqual(new Set(before.order_events as string[]));
  await expectAllInPlace(store, [id]);
});
