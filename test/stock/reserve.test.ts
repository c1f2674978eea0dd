import { expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { erase } from '../../lib/store/erase.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { replace } from '../../lib/store/replace.ts';
import { changeStock, listStock, untrackStock } from '../../lib/store/stock.ts';
import { settled } from '../store/settling.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS } from '../support/orders.ts';
import { snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';
import { countsOf, orderOf, stocked, submitWithStock } from './stock.ts';

const LATER_MS = NOW_MS + 60_000;
const kinds = (answers: readonly { kind: string }[]) => answers.map(({ kind }) => kind);

test('an order reserves all its tracked lines or none, and a refused one leaves no trace', async () => {
  const store = freshStore();
  await stocked(store, { a: 5, b: 1 });
  expect(kinds(await submitWithStock(store, [orderOf('1', { a: 2, b: 1, free: 9 })]))).toEqual([
    'accepted',
  ]);
  const before = (await snapshot(store)).contents;
  const [refused] = await submitWithStock(store, [orderOf('2', { a: 4, b: 1, free: 1 })]);
  expect(refused).toEqual({
    kind: 'out-of-stock',
    lacking: [
      { sku: 'a', available: 3 },
      { sku: 'b', available: 0 },
    ],
  });
  expect((await snapshot(store)).contents).toEqual(before);
  expect(await countsOf(store, 'a')).toEqual([3, 2, 0]);
  expect(await readOrder(store, orderOf('1', {}).id, NOW_MS)).not.toHaveProperty('reserved');
});

test('a repeat of an accepted order reserves nothing, and one of a refused order is decided anew', async () => {
  const store = freshStore();
  await stocked(store, { a: 2 });
  const [first, second] = [orderOf('1', { a: 2 }), orderOf('2', { a: 1 })];
  expect(kinds(await submitWithStock(store, [first]))).toEqual(['accepted']);
  expect(kinds(await submitWithStock(store, [second]))).toEqual(['out-of-stock']);
  expect(await submitWithStock(store, [first])).toMatchObject([
    { kind: 'known', fingerprint: first.fingerprint, acceptedAtMs: NOW_MS },
  ]);
  await cancel(store, { id: first.id, nowMs: LATER_MS });
  expect(kinds(await submitWithStock(store, [second]))).toEqual(['accepted']);
  expect(await countsOf(store, 'a')).toEqual([1, 1, 0]);
});

test('in a batch each order is decided by itself, in order, also two under one key', async () => {
  const store = freshStore();
  await stocked(store, { a: 3 });
  const batch = [
    orderOf('1', { a: 2 }),
    orderOf('2', { a: 2 }),
    orderOf('2', { a: 1 }),
    orderOf('1', { a: 1 }),
    orderOf('3', { a: 1 }),
    orderOf('4', { free: 1 }),
  ];
  const answers = await submitWithStock(store, batch);
  expect(kinds(answers)).toEqual([
    ...['accepted', 'out-of-stock', 'accepted', 'known', 'out-of-stock', 'accepted'],
  ]);
  expect(await countsOf(store, 'a')).toEqual([0, 3, 0]);
});

test('two orders that want the last of two SKUs crosswise: one gets both', async () => {
  const store = freshStore();
  await stocked(store, { a: 1, b: 1 });
  const answers = await Promise.all([
    submitWithStock(store, [orderOf('1', { a: 1, b: 1 })]),
    submitWithStock(store, [orderOf('2', { b: 1, a: 1 })]),
  ]);
  expect(kinds(answers.flat()).sort()).toEqual(['accepted', 'out-of-stock']);
  expect(await countsOf(store, 'a')).toEqual([0, 1, 0]);
  expect(await countsOf(store, 'b')).toEqual([0, 1, 0]);
});

test('quantities at every limit are exact', async () => {
  const store = freshStore();
  const most = 1_000_000_000;
  await stocked(store, { a: most });
  const lines = Array.from({ length: 1_000 }, () => ({
    ...{ sku: 'a', quantity: 1_000_000, unitAmount: 0 },
  }));
  const [all, one] = [orderOf('1', {}, { lines }), orderOf('2', { a: 1 })];
  expect(kinds(await submitWithStock(store, [all, one]))).toEqual(['accepted', 'out-of-stock']);
  expect(await countsOf(store, 'a')).toEqual([0, most, 0]);
  const every = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`sku "${at}" 🧵`, 1]));
  await stocked(store, Object.fromEntries(Object.entries(every).slice(0, 500)), 1);
  const wide = orderOf('3', every);
  expect(kinds(await submitWithStock(store, [wide, one]))).toEqual(['accepted', 'out-of-stock']);
  await settled(store);
  expect(await countsOf(store, 'sku "499" 🧵')).toEqual([0, 0, 1]);
});

test('what one customer may have is counted with the stock, and given back with it', async () => {
  const store = freshStore();
  await stocked(store, { a: 100 }, 2);
  const mine = { customer: 'me' };
  const [one, two] = [orderOf('1', { a: 1 }, mine), orderOf('2', { a: 2 }, mine)];
  expect(kinds(await submitWithStock(store, [one]))).toEqual(['accepted']);
  expect(await submitWithStock(store, [two])).toEqual([
    { kind: 'over-limit', lacking: [{ sku: 'a', available: 1 }] },
  ]);
  expect(kinds(await submitWithStock(store, [orderOf('3', { a: 2 })]))).toEqual(['accepted']);
  await cancel(store, { id: one.id, nowMs: LATER_MS });
  expect(kinds(await submitWithStock(store, [two]))).toEqual(['accepted']);
  await settled(store);
  const [more] = await submitWithStock(store, [orderOf('4', { a: 1 }, mine)]);
  expect(more?.kind).toBe('over-limit');
  expect(await countsOf(store, 'a')).toEqual([96, 0, 4]);
});

test('a scheduled order reserves when it is accepted, and erasing it gives back', async () => {
  const store = freshStore();
  await stocked(store, { a: 1 });
  const later = orderOf('1', { a: 1 }, { produceAtMs: LATER_MS });
  await submitWithStock(store, [later]);
  expect(kinds(await submitWithStock(store, [orderOf('2', { a: 1 })]))).toEqual(['out-of-stock']);
  await erase(store, later.id, NOW_MS);
  expect(await countsOf(store, 'a')).toEqual([1, 0, 0]);
  await erase(store, later.id, NOW_MS);
  expect(await countsOf(store, 'a')).toEqual([1, 0, 0]);
});

test('produced is sold, whatever becomes of it later', async () => {
  const store = freshStore();
  await stocked(store, { a: 5 });
  const orders = ['1', '2'].map((key) => orderOf(key, { a: 2 }));
  await submitWithStock(store, orders);
  await settled(store);
  expect(await countsOf(store, 'a')).toEqual([1, 0, 4]);
  await erase(store, orders[0]?.id ?? '', LATER_MS);
  expect(await countsOf(store, 'a')).toEqual([1, 0, 4]);
});

test('a dead order keeps its stock until it is canceled, or redriven and produced', async () => {
  const store = freshStore();
  await stocked(store, { a: 3 });
  const orders = ['1', '2', '3'].map((key) => orderOf(key, { a: 1 }));
  const ids = orders.map(({ id }) => id) as [string, string, string];
  await submitWithStock(store, orders);
  await runDrain(store, { producer: producerOf(() => ({ kind: 'rejected', reason: 'no' })) });
  expect(await countsOf(store, 'a')).toEqual([0, 3, 0]);
  await cancel(store, { id: ids[0], nowMs: LATER_MS });
  await erase(store, ids[1], LATER_MS);
  expect(await countsOf(store, 'a')).toEqual([2, 1, 0]);
  await redrive(store, { ids: [ids[2]], pauseMs: 0, redriveId: 'm', nowMs: LATER_MS });
  await runDrain(store, { clock: steppedClock(LATER_MS + 1_000) });
  expect(await countsOf(store, 'a')).toEqual([2, 0, 1]);
});

test('a replaced order has what its new content wants, or stays as it is', async () => {
  const store = freshStore();
  await stocked(store, { a: 3, b: 1 }, 3);
  const first = orderOf('1', { a: 2 });
  await submitWithStock(store, [first]);
  const by = (wants: Record<string, number>, nowMs: number) =>
    replace(store, { order: { ...orderOf('x', wants), id: first.id }, nowMs, hasStock: true });
  expect(await by({ a: 4 }, NOW_MS + 1)).toMatchObject({
    ...{ kind: 'out-of-stock', lacking: [{ sku: 'a', available: 3 }] },
  });
  expect(await countsOf(store, 'a')).toEqual([1, 2, 0]);
  expect((await by({ a: 3, b: 1 }, NOW_MS + 2)).kind).toBe('replaced');
  expect(await countsOf(store, 'a')).toEqual([0, 3, 0]);
  await cancel(store, { id: first.id, nowMs: NOW_MS + 3 });
  expect([await countsOf(store, 'a'), await countsOf(store, 'b')]).toEqual([
    [3, 0, 0],
    [1, 0, 0],
  ]);
  expect((await by({ b: 1 }, NOW_MS + 4)).kind).toBe('replaced');
  expect([await countsOf(store, 'a'), await countsOf(store, 'b')]).toEqual([
    [3, 0, 0],
    [0, 1, 0],
  ]);
});

test('an order that reserved nothing gives nothing back, nor does one of an earlier stock', async () => {
  const store = freshStore();
  const early = orderOf('1', { a: 1 });
  await submitWithStock(store, [early]);
  await stocked(store, { a: 2 });
  const earlier = orderOf('2', { a: 2 });
  await submitWithStock(store, [earlier]);
  expect(await untrackStock(store, 'a')).toBe(true);
  expect(await untrackStock(store, 'a')).toBe(false);
  await stocked(store, { a: 7 });
  for (const { id } of [early, earlier]) await cancel(store, { id, nowMs: LATER_MS });
  expect(await countsOf(store, 'a')).toEqual([7, 0, 0]);
});

test('a change that arrives again after its SKU was untracked is known, and brings no stock back', async () => {
  const store = freshStore();
  const set = (units: number, request: string) =>
    changeStock(store, [{ sku: 'a', kind: 'set', units }], request);
  const order = orderOf('1', { a: 2 });
  await set(5, 'first');
  await submitWithStock(store, [order]);
  await set(9, 'second');
  await untrackStock(store, 'a');
  for (const request of ['first', 'second']) {
    expect(kinds(await set(5, request))).toEqual(['untracked']);
  }
  await cancel(store, { id: order.id, nowMs: LATER_MS });
  expect((await listStock(store, { skusMax: 2 })).skus).toEqual([]);
  // Nor once it is tracked anew, under whatever mark.
  await set(7, 'third');
  await set(5, 'first');
  expect(await countsOf(store, 'a')).toEqual([7, 0, 0]);
  await untrackStock(store, 'a');
  expect(kinds(await set(9, 'second'))).toEqual(['untracked']);
});

test('stock is added once, however often the request arrives, and never below nothing', async () => {
  const store = freshStore();
  await stocked(store, { b: 1, a: 5, 'a b': 1 });
  const add = (units: number, request: string) =>
    changeStock(store, [{ sku: 'a', kind: 'add', units }], request);
  expect(await add(-6, 'r0')).toMatchObject([{ kind: 'short', stock: { available: 5 } }]);
  for (const request of ['r1', 'r2', 'r1', 'r1']) await add(10, request);
  expect(await countsOf(store, 'a')).toEqual([25, 0, 0]);
  expect(kinds(await changeStock(store, [{ sku: 'c', kind: 'add', units: 1 }], 'r3'))).toEqual([
    'untracked',
  ]);
  const page = await listStock(store, { skusMax: 2 });
  expect(page.stocks.map(({ sku }) => sku)).toEqual(['a', 'a b']);
  const rest = await listStock(store, { skusMax: 2, after: page.end });
  expect(rest).toMatchObject({ skus: ['b'] });
  expect(rest).not.toHaveProperty('end');
});
