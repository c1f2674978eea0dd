import { afterAll, expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { countOrders } from '../../lib/store/count.ts';
import { erase } from '../../lib/store/erase.ts';
import { listOrders } from '../../lib/store/list.ts';
import { findOrder } from '../../lib/store/read.ts';
import { replace } from '../../lib/store/replace.ts';
import { defaultProducer, runDrain } from '../support/drains.ts';
import { pass } from '../support/maintenance.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore as storeOn, submitOne, type TestStore } from '../support/store.ts';
import { REACH } from './change-operations.ts';
import { submitted } from './settling.ts';

// A server of its own: a pass of upkeep goes through all keys of the database.
const stack = await startStack();
afterAll(stack.stop);
const freshStore = () => storeOn(stack);

const ERASE_MS = NOW_MS + 10_000;
const CASES = Object.entries(REACH);
/** A repeat of the submit of each: all were submitted under one of these keys. */
const repeats = ['ready-0', 'later-0'].map((key) => newOrder(key));

/** Drains at a time; answers the ids that were to be erased downstream, call by call. */
async function drained(store: TestStore, nowMs: number, fails = false) {
  const calls: (readonly string[])[] = [];
  const produced: string[] = [];
  const erased = async (ids: readonly string[]) => {
    calls.push(ids);
    if (fails) throw new Error('The downstream system is down.');
  };
  const producer = Object.assign(
    (...[orders, context]: Parameters<typeof defaultProducer>) => {
      produced.push(...orders.map(({ id }) => id));
      return defaultProducer(orders, context);
    },
    { erase: erased },
  );
  const limits = { isAnnounced: true };
  const report = await runDrain(store, { producer, limits, clock: steppedClock(nowMs) });
  return { calls, produced, report };
}

test.for(CASES)(
  'an order that is %s is erased, and asked twice it is the same',
  async ([, reach]) => {
    const store = freshStore();
    const [id = ''] = await reach(store);
    expect(await erase(store, id, ERASE_MS)).toEqual({ kind: 'erased' });
    const { contents } = await snapshot(store);
    expect(await erase(store, id, ERASE_MS + 1)).toEqual({ kind: 'erased' });
    expect((await snapshot(store)).contents).toEqual(contents);
    expect(contents[`order:${id}`]).toEqual(expect.stringMatching(/^.{1,70}$/));
    expect(Object.keys(JSON.parse(String(contents[`order:${id}`])))).toEqual([
      ...['v', 'erasedAtMs', 'client'],
    ]);
    expect(contents[`order_state:${id}`]).not.toMatch(/poison|result|history|lastError/);
    const tombstone = { kind: 'erased', client: 'shop', erasedAtMs: ERASE_MS };
    expect(await findOrder(store, id, ERASE_MS)).toEqual(tombstone);
    for (const of of ['orders', 'dead-letters'] as const) {
      const request = { of, ordersMax: 100, matches: () => true, nowMs: ERASE_MS };
      const { orders } = await listOrders(store, request);
      expect(orders.map((order) => order.id)).not.toContain(id);
    }
  },
);

test.for(CASES)(
  'to repeat, cancel or replace an order that was %s and is erased answers that it is',
  async ([, reach]) => {
    const store = freshStore();
    const [id = ''] = await reach(store);
    await erase(store, id, ERASE_MS);
    const order = repeats.find((repeat) => repeat.id === id) ?? expect.fail();
    const own = { client: 'shop', nowMs: ERASE_MS };
    const other = { ...own, client: 'other' };
    for (const nowMs of [ERASE_MS, ERASE_MS + 1_000_000]) {
      expect(await submitOne(store, order)).toEqual({ kind: 'erased' });
      expect(await cancel(store, { id, ...own })).toEqual({ kind: 'erased' });
      expect(await replace(store, { order, ...own })).toEqual({ kind: 'erased' });
      expect(await cancel(store, { id, ...other })).toEqual({ kind: 'not-found' });
      expect(await replace(store, { order, ...other })).toEqual({ kind: 'not-found' });
      await drained(store, nowMs);
    }
  },
);

test.for(CASES)(
  'an order that was %s is erased downstream, again where that fails, and never produced',
  async ([from, reach]) => {
    const store = freshStore();
    const ids = await reach(store);
    const [id = ''] = ids;
    await erase(store, id, ERASE_MS);
    const failed = await drained(store, ERASE_MS + 1, true);
    const early = await drained(store, ERASE_MS + 30_000);
    const done = await drained(store, ERASE_MS + 70_000);
    const after = await drained(store, ERASE_MS + 1_000_000);
    const all = [failed, early, done, after];
    expect(all.map(({ calls }) => calls)).toEqual([[[id]], [], [[id]], []]);
    expect(all.flatMap(({ produced }) => produced)).not.toContain(id);
    expect(failed.report.retried + done.report.produced, 'counted once').toBeLessThanOrEqual(1);
    await expectAllInPlace(store, ids);
    const own = (await store.redis.lrange<string>(store.keys.events, 0, -1)).filter((event) =>
      event.startsWith(id),
    );
    // A receiver learns that it is canceled, and not once more that it was produced.
    const kinds = own.map((event) => event.split(':')[1]);
    const dead = from === 'dead' ? ['dead'] : [];
    expect(new Set(kinds)).toEqual(new Set([from === 'produced' ? from : 'canceled', ...dead]));
    if (from === 'produced') expect(own).toHaveLength(1);
  },
);

test.for(CASES)(
  'what became of an order that was %s counts once it is erased, and upkeep finds nothing wrong',
  async ([from, reach]) => {
    const store = freshStore();
    const [id = ''] = await reach(store);
    await erase(store, id, ERASE_MS);
    const clean = { found: {}, isComplete: true };
    for (const nowMs of [ERASE_MS, ERASE_MS + 1, ERASE_MS + 1_000_000]) {
      const clock = steppedClock(nowMs);
      expect(await pass(store, { clock, isThorough: true })).toMatchObject(clean);
      await drained(store, nowMs, nowMs === ERASE_MS);
    }
    const { produced, canceled, dead } = await countOrders(store, ERASE_MS);
    const isOtherDead = from === 'dead' ? 1 : 0;
    const counts = from === 'produced' ? [2, 0, 0] : [1 - isOtherDead, 1, isOtherDead];
    expect([produced, canceled, dead]).toEqual(counts);
    expect(Number(await store.redis.hget(store.keys.totals, 'leaving'))).toBe(0);
  },
);

test('an erased order that is in no place is made due again, and erased downstream', async () => {
  const store = freshStore();
  const [id = ''] = await REACH.produced(store);
  await erase(store, id, ERASE_MS);
  await store.redis.zrem(store.keys.pending('shop'), id);
  const clock = steppedClock(ERASE_MS);
  const { repaired } = await pass(store, { clock, isRepair: true, isThorough: true });
  expect(repaired).toMatchObject({ stranded: 1 });
  expect((await drained(store, ERASE_MS + 1)).calls).toEqual([[id]]);
  await expectAllInPlace(store, [id]);
});

test('an order that is being produced is not erased, and one that is unknown is not found', async () => {
  const store = freshStore();
  const [id = ''] = await submitted(store, 'shop', 1);
  await claimReady(store);
  const before = (await snapshot(store)).contents;
  expect(await erase(store, id, NOW_MS)).toEqual({ kind: 'refused' });
  expect(await erase(store, newOrder('none').id, NOW_MS)).toEqual({ kind: 'not-found' });
  expect((await snapshot(store)).contents).toEqual(before);
});
