import { expect, inject, test } from 'vitest';
import { redriveOldest } from '../../lib/production/redrive.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { claimRequest, NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, storeWith, type TestStore } from '../support/store.ts';

const LATER_MS = NOW_MS + 60_000;
const request = { pauseMs: 0, mark: 'one', nowMs: LATER_MS };

/** Orders that are dead, the first to die in front. */
async function deadOrders(store: TestStore, count: number): Promise<string[]> {
  const ids = await submitOrders(store, count);
  const { token } = await store.claim(claimRequest({ ordersMax: count }));
  const settlements = ids.map((id) => ({ id, kind: 'dead', reason: 'poison' }) as const);
  for (const [at, settlement] of settlements.entries()) {
    await store.settle(token, [settlement], NOW_MS + 2_000 + at);
  }
  return ids;
}

async function dueOf(store: TestStore): Promise<Record<string, number>> {
  const pairs = await store.redis.zrange<string[]>(store.keys.pending, 0, -1, { withScores: true });
  const due: Record<string, number> = {};
  for (let at = 0; at < pairs.length; at += 2) due[pairs[at] as string] = Number(pairs[at + 1]);
  return due;
}

test('a dead order that is redriven is claimed again, as if for the first time', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  expect(await store.redrive({ ...request, ids: [id] })).toEqual([true]);
  expect(await store.read(id, LATER_MS)).toMatchObject({
    status: 'queued',
    attempts: 0,
    updatedAtMs: LATER_MS,
    lastError: { reason: 'poison' },
  });
  expect(await store.redis.exists(store.keys.dead)).toBe(0);
  const { orders } = await store.claim(claimRequest({ nowMs: LATER_MS }));
  expect(orders).toMatchObject([{ id, attempts: 1 }]);
});

test.each(['waits', 'is leased', 'was produced', 'was canceled', 'does not exist'])(
  'an order that %s is not redriven, and nothing of it changes',
  async (state) => {
    const store = freshStore();
    const { id } = newOrder('key-0');
    if (state !== 'does not exist') await submitOrders(store, 1);
    if (state === 'was canceled') await store.cancel({ id, nowMs: NOW_MS });
    if (state === 'is leased' || state === 'was produced') {
      const { token } = await store.claim(claimRequest());
      if (state === 'was produced') await store.settle(token, [{ id, kind: 'produced' }], NOW_MS);
    }
    const before = [await store.read(id, LATER_MS), await store.counts(LATER_MS)];
    expect(await store.redrive({ ...request, ids: [id] })).toEqual([false]);
    expect([await store.read(id, LATER_MS), await store.counts(LATER_MS)]).toEqual(before);
  },
);

test('a redrive that is sent twice answers the same and puts nothing back twice', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  expect(await store.redrive({ ...request, ids: [id] })).toEqual([true]);
  const { token } = await store.claim(claimRequest({ nowMs: LATER_MS }));
  await store.settle(token, [{ id, kind: 'dead', reason: 'again' }], LATER_MS);
  // The repeat arrives late: the order has been tried, and has died once more.
  expect(await store.redrive({ ...request, ids: [id] })).toEqual([true]);
  expect(await store.read(id, LATER_MS)).toMatchObject({ status: 'dead' });
  expect(await store.redis.zcard(store.keys.dead)).toBe(1);
  expect(await store.redrive({ ...request, mark: 'two', ids: [id] })).toEqual([true]);
  expect(await store.read(id, LATER_MS)).toMatchObject({ status: 'queued' });
});

test('a redrive whose reply is lost is told as it was', async () => {
  const origin = freshStore();
  const ids = await deadOrders(origin, 3);
  // Redis knows the script by then, so that the first request is the one that redrives.
  await origin.redrive({ ...request, ids: [newOrder('none').id] });
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 0 ? 'lose-reply' : 'pass',
  );
  const store = storeWith(proxy, origin.prefix);
  expect(await store.redrive({ ...request, ids })).toEqual([true, true, true]);
});

test('orders that are redriven at a pace become due one after the other, over several redrives', async () => {
  const store = freshStore();
  const ids = await deadOrders(store, 5);
  const paced = { ...request, pauseMs: 250 };
  await store.redrive({ ...paced, ids: ids.slice(0, 2) });
  await store.redrive({ ...paced, mark: 'two', ids: ids.slice(2, 4) });
  await store.redrive({ ...paced, mark: 'three', nowMs: LATER_MS + 5_000, ids: ids.slice(4) });
  expect(Object.values(await dueOf(store)).sort()).toEqual(
    [250, 500, 750, 1_000, 5_250].map((ms) => LATER_MS + ms),
  );
});

test('one that is redriven by itself waits for no others', async () => {
  const store = freshStore();
  const ids = (await deadOrders(store, 3)) as [string, string, string];
  await store.redrive({ ...request, pauseMs: 60_000, ids: ids.slice(0, 2) });
  await store.redrive({ ...request, mark: 'two', ids: [ids[2]] });
  expect((await dueOf(store))[ids[2]]).toBe(LATER_MS);
});

test('the first to die are redriven first, as many as are asked for, in steps that are bounded', async () => {
  const store = freshStore();
  const ids = await deadOrders(store, 6);
  expect(await redriveOldest(store, { limit: 4, pauseMs: 1, mark: 'm' }, LATER_MS)).toBe(4);
  expect(await store.oldestDead(10)).toEqual(ids.slice(4));
  expect(await redriveOldest(store, { limit: 4, pauseMs: 1, mark: 'n' }, LATER_MS)).toBe(2);
  expect(await redriveOldest(store, { limit: 4, pauseMs: 1, mark: 'o' }, LATER_MS)).toBe(0);
});

test('an id among the dead letters whose order is not dead does not stand before the others', async () => {
  const store = freshStore();
  const [id] = (await deadOrders(store, 1)) as [string];
  const waiting = newOrder('waiting');
  await store.submit(waiting);
  await store.redis.zadd(store.keys.dead, { score: 1, member: waiting.id });
  expect(await redriveOldest(store, { limit: 1, pauseMs: 1, mark: 'm' }, LATER_MS)).toBe(0);
  expect(await store.oldestDead(10)).toEqual([id]);
  expect((await store.claim(claimRequest())).orders.map(({ id }) => id)).toContain(waiting.id);
});

test('a dead letter whose order is gone does not stand before the others', async () => {
  const store = freshStore();
  const [gone, id] = (await deadOrders(store, 2)) as [string, string];
  await store.redis.del(store.keys.order(gone));
  expect(await redriveOldest(store, { limit: 1, pauseMs: 1, mark: 'm' }, LATER_MS)).toBe(0);
  expect(await redriveOldest(store, { limit: 1, pauseMs: 1, mark: 'n' }, LATER_MS)).toBe(1);
  expect(await store.read(id, LATER_MS)).toMatchObject({ status: 'queued' });
  expect(await store.redis.exists(store.keys.order(gone))).toBe(0);
});

test('a crowd of redriven orders reaches the producer at its pace, and new orders with it', async () => {
  const store = freshStore();
  const dead = 1_200;
  const orders = Array.from({ length: dead }, (_, index) => newOrder(`dead-${index}`));
  for (let at = 0; at < dead; at += 400) await store.submitAll(orders.slice(at, at + 400), NOW_MS);
  const killer = producerOf(() => ({ kind: 'rejected', reason: 'poison' }));
  await runDrain(store, { producer: killer, limits: { batchSize: 400 } });
  expect(await store.redis.zcard(store.keys.dead)).toBe(dead);

  // Ten a second: after ten seconds a hundred of them are due, and no more.
  const paced = { limit: 1_000, pauseMs: 100 };
  expect(await redriveOldest(store, { ...paced, mark: 'a' }, LATER_MS)).toBe(1_000);
  expect(await redriveOldest(store, { ...paced, mark: 'b' }, LATER_MS)).toBe(200);
  const fresh = newOrder('fresh', { acceptedAtMs: LATER_MS });
  await store.submit(fresh);
  const clock = steppedClock(LATER_MS + 10_000);
  const produced: string[] = [];
  const producer = producerOf((id) => {
    produced.push(id);
    return { kind: 'produced' };
  });
  const report = await runDrain(store, { producer, clock, limits: { batchSize: 2 } });
  expect(report.produced).toBe(101);
  // In the first batch although a hundred were due before it.
  expect(produced.indexOf(fresh.id)).toBeLessThan(2);
});
