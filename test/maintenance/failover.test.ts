import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { ALL_DUE_MS, pass } from '../support/maintenance.ts';
import { NOW_MS, newOrder, type TestOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder, submitOne, type TestStore } from '../support/store.ts';

// A server of its own: it is emptied and filled again.
const stack = await startStack();
afterAll(stack.stop);

/**
 * A store that can lose what it has acknowledged: each `keep` is a moment to fall back to, `lose`
 * falls back, with each key by itself to the moment that `momentOf` says.
 */
function losingStore() {
  const store = freshStore(stack);
  const { redis, prefix } = store;
  const moments: { id: string; keys: string[] }[] = [];
  return {
    store,
    moments,
    async keep() {
      const id = `${randomUUID()}:`;
      const keys = await redis.keys(`${prefix}*`);
      await Promise.all(keys.map((key) => redis.exec(['COPY', key, `${id}${key}`])));
      moments.push({ id, keys });
    },
    async lose(momentOf: (key: string) => number) {
      const all = new Set(moments.flatMap(({ keys }) => keys));
      await redis.del(...(await redis.keys(`${prefix}*`)));
      const copies = [...all].sort().map(async (key) => {
        const moment = moments[momentOf(key)];
        if (moment?.keys.includes(key)) await redis.exec(['COPY', `${moment.id}${key}`, key]);
      });
      await Promise.all(copies);
    },
  };
}

/** Orders in and out, each step acknowledged and then kept. */
async function someTraffic({ store, keep }: ReturnType<typeof losingStore>) {
  const orders: TestOrder[] = [];
  await keep();
  for (let round = 0; round < 3; round += 1) {
    const nowMs = NOW_MS + round * 100;
    for (let at = 0; at < 3; at += 1) {
      const order = newOrder(`${round}-${at}`, { acceptedAtMs: nowMs });
      orders.push(order);
      await submitOne(store, order);
      await keep();
    }
    await cancel(store, { id: orders.at(-1)?.id ?? '', nowMs });
    await keep();
    const retried = orders.at(-2)?.id;
    const producer = producerOf((id) =>
      id === retried
        ? { kind: 'retry', reason: 'busy', afterMs: 90 }
        : { kind: 'produced', orderNumber: 'next' },
    );
    await runDrain(store, { producer, clock: steppedClock(nowMs), limits: { batchSize: 2 } });
    await keep();
    await claimReady(store, { nowMs: nowMs + 95, leaseMs: 5_000, ordersMax: 1 });
    await keep();
  }
  return orders;
}

/** What clients and drains do after a failover: clients repeat what they have no receipt for. */
async function recover(store: TestStore, orders: readonly TestOrder[]): Promise<void> {
  for (const order of orders) await submitOne(store, order);
  for (const atMs of [ALL_DUE_MS, 2 * ALL_DUE_MS - NOW_MS]) {
    await runDrain(store, { clock: steppedClock(atMs), limits: { attemptsMax: 100 } });
  }
}

async function expectAllEnded(store: TestStore, ids: readonly string[]) {
  const numbers: number[] = [];
  for (const id of ids) {
    const order = await readOrder(store, id, ALL_DUE_MS);
    expect(['produced', 'canceled']).toContain(order?.status);
    if (order?.status === 'produced' && order.orderNumber !== undefined) {
      numbers.push(order.orderNumber);
    }
  }
  expect(new Set(numbers).size).toBe(numbers.length);
}

test('of the last writes that a failover loses nothing is left to find, and the clients’ repeats heal it', async () => {
  const losing = losingStore();
  const { store, moments, lose } = losing;
  const orders = await someTraffic(losing);
  const ids = orders.map(({ id }) => id);
  for (const moment of moments.keys()) {
    await lose(() => moment);
    const report = await pass(store, { isRepair: true, isThorough: true });
    expect([moment, report]).toMatchObject([moment, { found: {}, isComplete: true }]);
    await recover(store, orders);
    await expectAllEnded(store, ids);
    expect((await pass(store, { isThorough: true })).found).toEqual({});
  }
}, 90_000);

test('of writes that a failover tears apart, one pass repairs all that is left, or tells it', async () => {
  const losing = losingStore();
  const { store, moments, lose } = losing;
  const orders = await someTraffic(losing);
  const ids = orders.map(({ id }) => id);
  const lags = fc.array(fc.nat(11), { minLength: 18, maxLength: 18 });
  await fc.assert(
    fc.asyncProperty(lags, async (lagOf) => {
      let at = 0;
      await lose(() => moments.length - 1 - (lagOf[at++ % lagOf.length] ?? 0));
      const report = await pass(store, { isRepair: true, isThorough: true });
      expect(report.isComplete).toBe(true);
      const again = await pass(store, { isRepair: true, isThorough: true });
      expect({ ...again.found, lost: 0 }).toEqual({ lost: 0 });
      await recover(store, orders);
      await expectAllEnded(store, ids);
      const after = await pass(store, { isRepair: true, isThorough: true });
      expect({ ...after.found, totals: 0 }).toEqual({ totals: 0 });
    }),
    { numRuns: 25 },
  );
}, 90_000);
