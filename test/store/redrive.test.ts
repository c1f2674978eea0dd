import { expect, test } from 'vitest';
import { redriveOldest } from '../../lib/drain/redrive.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { oldestDead, redrive } from '../../lib/store/redrive.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import {
  claimReady,
  freshStore,
  interrupted,
  readOrder,
  submitAll,
  type TestStore,
} from '../support/store.ts';
import { settled, submitted } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;
const request = { pauseMs: 0, redriveId: 'one', nowMs: LATER_MS };
const POISON = { kind: 'rejected', reason: 'poison' } as const;

/** Orders that are dead, those that died first in front. */
async function deadOrders(store: TestStore, count: number, client = 'shop'): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const order = newOrder(`dead-${at}`, { client });
    await submitAll(store, [order]);
    await settled(store, POISON, NOW_MS + 2_000 + at);
    ids.push(order.id);
  }
  return ids;
}

async function dueOf(store: TestStore, client = 'shop'): Promise<Record<string, number>> {
  const pairs = await store.redis.zrange<string[]>(store.keys.pending(client), 0, -1, {
    withScores: true,
  });
  return Object.fromEntries(
    pairs.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(pairs[at + 1])]] : [])),
  );
}

test('a dead order that is redriven is tried as if for the first time, and keeps its history', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  expect(await redrive(store, { ...request, ids: [id] })).toEqual([true]);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({
    ...{ status: 'queued', attempts: 0, updatedAtMs: LATER_MS, lastError: { reason: 'poison' } },
  });
  expect((await snapshot(store)).places.get(id)).toEqual(['pending:shop']);
  const { leases } = await claimReady(store, { nowMs: LATER_MS });
  expect(leases).toMatchObject([{ id, claims: 1 }]);
});

test.each(['waits', 'is leased', 'was produced', 'was canceled', 'does not exist'])(
  'an order that %s is not redriven, and nothing of it changes',
  async (state) => {
    const store = freshStore();
    const { id } = newOrder('key-0');
    if (state !== 'does not exist') await submitOrders(store, 1);
    if (state === 'was canceled') await cancel(store, { id, nowMs: NOW_MS });
    if (state === 'is leased') await claimReady(store);
    if (state === 'was produced') await settled(store);
    const before = await snapshot(store);
    expect(await redrive(store, { ...request, ids: [id] })).toEqual([false]);
    expect((await snapshot(store)).contents).toEqual(before.contents);
  },
);

test('of several orders only the dead ones are redriven, each to its client', async () => {
  const store = freshStore();
  const [mine] = (await deadOrders(store, 1)) as [string];
  const [other] = (await deadOrders(store, 1, 'other')) as [string];
  const [waiting] = (await submitted(store, 'third', 1)) as [string];
  const ids = [other, waiting, mine];
  expect(await redrive(store, { ...request, ids })).toEqual([true, false, true]);
  const { places } = await snapshot(store);
  expect(ids.map((id) => places.get(id))).toEqual([
    ['pending:other'],
    ['queue:third'],
    ['pending:shop'],
  ]);
  expect((await claimReady(store, { nowMs: LATER_MS })).leases).toHaveLength(3);
});

test('a redrive that comes late does not put back an order that has died again', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  await redrive(store, { ...request, ids: [id] });
  await settled(store, POISON, LATER_MS);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'dead', attempts: 1 });
  expect(await redrive(store, { ...request, redriveId: 'two', ids: [id] })).toEqual([true]);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({
    history: [{ reason: 'poison', atMs: NOW_MS + 2_000 }],
  });
});

test('a dead order that is canceled between the look and the redrive stays canceled', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  const canceledMeanwhile = interrupted(store, () => cancel(store, { id, nowMs: LATER_MS }));
  expect(await redrive(canceledMeanwhile, { ...request, ids: [id] })).toEqual([false]);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'canceled' });
});

test('orders that are redriven at a pace become due one after the other, over several redrives', async () => {
  const store = freshStore();
  const ids = await deadOrders(store, 5);
  const paced = { ...request, pauseMs: 250 };
  await redrive(store, { ...paced, ids: ids.slice(0, 2) });
  await redrive(store, { ...paced, redriveId: 'two', ids: ids.slice(2, 4) });
  await redrive(store, {
    ...paced,
    redriveId: 'three',
    nowMs: LATER_MS + 5_000,
    ids: ids.slice(4),
  });
  const due = await dueOf(store);
  expect(ids.map((id) => due[id])).toEqual(
    [250, 500, 750, 1_000, 5_250].map((ms) => LATER_MS + ms),
  );
});

test('one that is redriven by itself waits for no others', async () => {
  const store = freshStore();
  const ids = (await deadOrders(store, 3)) as [string, string, string];
  await redrive(store, { ...request, pauseMs: 60_000, ids: ids.slice(0, 2) });
  await redrive(store, { ...request, redriveId: 'two', ids: [ids[2]] });
  expect((await dueOf(store))[ids[2]]).toBe(LATER_MS);
});

test('those of all clients that died first are redriven first, as many as are asked for', async () => {
  const store = freshStore();
  const mine = await deadOrders(store, 4);
  const others = await deadOrders(store, 4, 'other');
  const oldest = (count: number) =>
    redriveOldest(store, { limit: count, pauseMs: 1, redriveId: `${count}` }, LATER_MS);
  expect(await oldest(5)).toBe(5);
  // Of two that died at one time either may come first.
  const left = await oldestDead(store, 10);
  expect(left).toHaveLength(3);
  expect(left).toEqual(expect.arrayContaining([mine[3], others[3]]));
  expect([await oldest(6), await oldest(7)]).toEqual([3, 0]);
});

test('the dead letters of one client do not keep back those of another, that died later', async () => {
  const store = freshStore();
  await deadOrders(store, 20);
  await store.redis.zadd(store.keys.dead('shop'), { score: 1, member: newOrder('x').id });
  const [later] = await deadOrders(store, 1, 'other');
  await store.redis.zadd(store.keys.dead('other'), { score: LATER_MS, member: later as string });
  expect(await oldestDead(store, 2)).toEqual([newOrder('x').id, later]);
});

test('a dead letter whose record is gone does not stand before the others', async () => {
  const store = freshStore();
  const [gone, id] = (await deadOrders(store, 2)) as [string, string];
  await store.redis.del(store.keys.order(gone));
  expect(await redriveOldest(store, { limit: 10, pauseMs: 1, redriveId: 'm' }, LATER_MS)).toBe(1);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'queued' });
  expect(await store.redis.exists(store.keys.order(gone))).toBe(0);
});

test('a crowd of redriven orders reaches the producer at its pace, and new orders with it', async () => {
  const store = freshStore();
  const orders = Array.from({ length: 600 }, (_, at) => newOrder(`dead-${at}`));
  for (const from of [0, 300]) await submitAll(store, orders.slice(from, from + 300));
  await runDrain(store, { producer: producerOf(() => POISON), limits: { batchSize: 300 } });
  // Ten a second: after ten seconds a hundred of them are due, and no more.
  const paced = { limit: 500, pauseMs: 100 };
  expect(await redriveOldest(store, { ...paced, redriveId: 'a' }, LATER_MS)).toBe(500);
  expect(await redriveOldest(store, { ...paced, redriveId: 'b' }, LATER_MS)).toBe(100);
  const fresh = newOrder('fresh', { acceptedAtMs: LATER_MS });
  await submitAll(store, [fresh]);
  const produced: string[] = [];
  const producer = producerOf((id) => {
    produced.push(id);
    return { kind: 'produced' };
  });
  const clock = steppedClock(LATER_MS + 10_000);
  const report = await runDrain(store, { producer, clock, limits: { batchSize: 2, lanes: 1 } });
  expect(report.produced).toBe(101);
  // In the first batch although a hundred were due before it.
  expect(produced.indexOf(fresh.id)).toBeLessThan(2);
});
