import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { StoreFault } from '../../lib/queue/errors.ts';
import type { Settlement } from '../../lib/queue/store.ts';
import { runDrain } from '../support/drains.ts';
import { ALL_DUE_MS, orderIn, pass, STATES, type State } from '../support/maintenance.ts';
import { claimRequest, NOW_MS, newOrder, type TestOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

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
      for (const key of keys) await redis.exec(['COPY', key, `${id}${key}`]);
      moments.push({ id, keys });
    },
    async lose(momentOf: (key: string) => number) {
      const all = new Set(moments.flatMap(({ keys }) => keys));
      await redis.del(...(await redis.keys(`${prefix}*`)));
      for (const key of [...all].sort()) {
        const moment = moments[momentOf(key)];
        if (moment?.keys.includes(key)) await redis.exec(['COPY', `${moment.id}${key}`, key]);
      }
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
      await store.submit(order);
      await keep();
    }
    await store.cancel({ id: orders.at(-1)?.id ?? '', nowMs });
    await keep();
    const { token, orders: claimed } = await store.claim(claimRequest({ nowMs, leaseMs: 5_000 }));
    await keep();
    const first = await store.numbers.take(claimed.length);
    await keep();
    const settlements = claimed.map(({ id }, at): Settlement => {
      if (at === 0) return { id, kind: 'retry', dueAtMs: nowMs + 90, reason: 'busy' };
      return { id, kind: 'produced', orderNumber: first + at };
    });
    await store.settle(token, settlements, nowMs);
    await keep();
  }
  return orders;
}

/** What clients and drains do after a failover. @returns ids that are gone for good */
async function recover(store: TestStore, orders: readonly TestOrder[]): Promise<string[]> {
  const gone: string[] = [];
  for (const order of orders) {
    await store.submitAll([order], ALL_DUE_MS).catch((error: unknown) => {
      if (!(error instanceof StoreFault)) throw error;
      gone.push(order.id);
    });
  }
  await runDrain(store, { clock: steppedClock(ALL_DUE_MS), limits: { attemptsMax: 100 } });
  return gone;
}

async function expectAllEnded(store: TestStore, ids: readonly string[]) {
  const numbers: number[] = [];
  for (const id of ids) {
    const order = await store.read(id, ALL_DUE_MS);
    expect(['produced', 'canceled']).toContain(order?.status);
    if (order?.orderNumber !== undefined) numbers.push(order.orderNumber);
  }
  expect(new Set(numbers).size).toBe(numbers.length);
}

test('of the last writes that a failover loses nothing is left to find, and the clients’ repeats heal it', async () => {
  const losing = losingStore();
  const { store, moments, lose } = losing;
  const orders = await someTraffic(losing);
  for (const moment of moments.keys()) {
    await lose(() => moment);
    const report = await pass(store, { isRepair: true, isThorough: true });
    expect([moment, report]).toMatchObject([moment, { found: {}, isComplete: true }]);
    expect(await recover(store, orders)).toEqual([]);
    await expectAllEnded(
      store,
      orders.map(({ id }) => id),
    );
    expect((await pass(store, { isThorough: true })).found).toEqual({});
  }
});

test('of writes that a failover tears apart, all that is left is repaired, and the rest is told', async () => {
  const losing = losingStore();
  const { store, moments, lose } = losing;
  const orders = await someTraffic(losing);
  const lags = fc.array(fc.nat(11), { minLength: 18, maxLength: 18 });
  await fc.assert(
    fc.asyncProperty(lags, async (lagOf) => {
      let at = 0;
      await lose(() => moments.length - 1 - (lagOf[at++ % lagOf.length] ?? 0));
      const report = await pass(store, { isRepair: true, isThorough: true });
      expect(report.isComplete).toBe(true);
      const again = await pass(store, { isRepair: true, isThorough: true });
      expect({ ...again.found, lost: 0 }).toEqual({ lost: 0 });

      const gone = await recover(store, orders);
      const lost = report.listed.filter(({ kind }) => kind === 'lost').map(({ id }) => id);
      expect(lost).toEqual(expect.arrayContaining(gone));
      const ids = orders.map(({ id }) => id).filter((id) => !gone.includes(id));
      await expectAllEnded(store, ids);
      const { found } = await pass(store, { isRepair: true, isThorough: true });
      expect(found.lost ?? 0).toBe(gone.length);
    }),
    { numRuns: 40 },
  );
}, 90_000);

test.each(Object.keys(STATES) as State[])(
  'an order that says it is queued while it is %s is found by a thorough pass',
  async (state) => {
    const store = freshStore(stack);
    const { id } = await orderIn(store, state);
    await store.redis.hset(store.keys.order(id), { status: 'queued' });
    const { found } = await pass(store, { isRepair: true, isThorough: true });
    const hadEnded = ['produced', 'dead', 'canceled'].includes(state);
    expect(found).toEqual(hadEnded ? { surplus: 1, stranded: 1 } : {});
    await runDrain(store, { clock: steppedClock(ALL_DUE_MS) });
    expect(await store.read(id, ALL_DUE_MS)).toMatchObject({ status: 'produced' });
    expect((await pass(store, { isThorough: true })).found).toEqual({});
  },
);
