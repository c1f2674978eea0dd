import { expect, test } from 'vitest';
import { countOrders } from '../../lib/store/count.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { upcomingOrders } from '../../lib/store/upcoming.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, freshStore, submitAll, type TestStore } from '../support/store.ts';
import { settled, submitted } from './settling.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
/** A third of a minute past the next hour. */
const T0 = NOW_MS - (NOW_MS % HOUR) + HOUR + 20_000;

async function upcoming(store: TestStore) {
  const { waiting } = await countOrders(store, T0);
  return await upcomingOrders(store, waiting, T0);
}

function scheduled(store: TestStore, client: string, afterMs: readonly number[]) {
  const orders = afterMs.map((ms, at) => {
    const submission = { produceAtMs: T0 + ms };
    return newOrder(`${client}-${at}`, { client, submission });
  });
  return submitAll(store, orders);
}

const due = (afterMs: number, counts: object) => ({
  ...{ atMs: T0 + afterMs, scheduled: 0, retries: 0, unread: 0 },
  ...counts,
});

test('tells by the minute, then by the hour, what becomes due, and leaves out what is leased', async () => {
  const store = freshStore();
  expect(await upcoming(store)).toEqual({ due: [], later: 0 });
  await submitted(store, 'mart', 3);
  await settled(store, { kind: 'retry', reason: 'x', afterMs: 5 * MIN - 2_500 }, T0);
  const dead = await submitted(store, 'bulk', 2);
  await settled(store, { kind: 'rejected', reason: 'x' });
  const pace = { pauseMs: 30_000, redriveId: 'm', nowMs: T0 + 30 * MIN };
  await redrive(store, { ids: dead, ...pace });
  await submitted(store, 'held', 4);
  await claimReady(store, { nowMs: T0, leaseMs: 5 * MIN });
  const times = [39_999, 40_000, 5 * MIN + 1, 80 * MIN, 90 * MIN, 23 * HOUR, 25 * HOUR];
  await scheduled(store, 'shop', times);

  const { due: found, later } = await upcoming(store);
  expect(found).toEqual([
    due(39_999, { scheduled: 1 }),
    due(40_000, { scheduled: 1 }),
    due(5 * MIN, { scheduled: 1, retries: 3 }),
    due(30 * MIN + 30_000, { retries: 1 }),
    due(31 * MIN, { retries: 1 }),
    due(80 * MIN, { scheduled: 2 }),
    due(23 * HOUR, { scheduled: 1 }),
  ]);
  expect(later).toBe(1);
});

test('what is beyond its bound is counted, of the leased ones as well', async () => {
  const store = freshStore();
  await scheduled(store, 'shop', [5 * MIN]);
  const add = (count: number, afterMs: number, name: string) =>
    store.redis.zadd(
      store.keys.pending('shop'),
      { score: T0 + afterMs, member: `${name}0` },
      ...Array.from({ length: count - 1 }, (_, at) => ({
        ...{ score: T0 + afterMs, member: `${name}${at + 1}` },
      })),
    );
  await add(2_500, 5 * MIN, 'a');
  await add(4_000, 6 * MIN, 'b');
  await add(700, 3 * HOUR, 'c');
  const { due: found, later } = await upcoming(store);
  expect(found).toEqual([
    due(5 * MIN, { scheduled: 2_501 }),
    due(6 * MIN, { scheduled: 1_499, unread: 2_501 }),
    due(3 * HOUR - 20_000, { unread: 700 }),
  ]);
  expect(later).toBe(0);
  // A drain's leases end first, so they are what was not read.
  await store.redis.hset(
    store.keys.owners,
    Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`none${at}`, 'x'])),
  );
  expect((await upcoming(store)).due[1]).toMatchObject({ scheduled: 1_499, unread: 1_501 });
});
