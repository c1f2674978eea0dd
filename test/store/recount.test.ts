import { expect, test } from 'vitest';
import { segmentName } from '../../lib/store/keys.ts';
import { recount, totalsNow } from '../../lib/store/recount.ts';
import { freshStore } from '../support/store.ts';
import { settled, submitted } from './settling.ts';

const COUNTS = { canceled: 0, leaving: 0, uncertain: 0, isRepair: true };
const segments = [segmentName('shop', 0)];

test('a recount that comes late, or twice, leaves the totals of what has ended meanwhile', async () => {
  const store = freshStore();
  const late = { ...COUNTS, totals: await totalsNow(store), segments: [] };
  await submitted(store, 'shop', 3);
  await settled(store);
  const totals = await totalsNow(store);
  for (const _ of ['late', 'twice']) {
    expect(await recount(store, late)).toEqual({ kind: 'changed', totals });
  }
  expect(await totalsNow(store)).toEqual(totals);
  expect(await recount(store, { ...COUNTS, totals, segments })).toEqual({ kind: 'right' });
});

test('a total that may be right is kept where another is put right', async () => {
  const store = freshStore();
  await submitted(store, 'shop', 3);
  await settled(store);
  // One was canceled after its state was read, and waits to be moved.
  await store.redis.hset(store.keys.totals, { produced: 9, canceled: 1, leaving: 1 });
  const request = { ...COUNTS, uncertain: 2, totals: await totalsNow(store), segments };
  expect(await recount(store, request)).toEqual({ kind: 'wrong' });
  expect(await totalsNow(store)).toEqual(['3', '1', '1']);
});
