import { expect, test } from 'vitest';
import { segmentName } from '../../lib/store/keys.ts';
import { forgetEndedBefore } from '../../lib/store/retention.ts';
import { FORGET, SETTLE } from '../../lib/store/scripts.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { claimReady, freshStore, readOrder, settleAll } from '../support/store.ts';
import { tearableStack } from './tearing.ts';

const { stack, tear } = await tearableStack();

const LATER_MS = NOW_MS + 3_600_000;

test('an order that is submitted again after a torn forget is not forgotten with the first', async () => {
  const store = freshStore(stack);
  await submitOrders(store, 1);
  await runDrain(store);
  const request = { segment: segmentName('shop', 0), beforeMs: LATER_MS, skipped: 0 };
  const forget = () => forgetEndedBefore(store, request);
  tear(FORGET, 6, true, 2);
  await expect(forget()).rejects.toThrow('max requests limit');
  stack.rules.failure = undefined;
  const [id = ''] = await submitOrders(store, 1);
  expect(await forget()).toEqual({ removed: 0, kept: 1, lost: [], bytes: 0 });
  await runDrain(store);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'produced' });
});

test('an order that is submitted again once it was forgotten is claimed once, though a torn settle left it pending', async () => {
  const store = freshStore(stack);
  await submitOrders(store, 1);
  const claim = await claimReady(store);
  const state = { status: 'produced', attempts: 1, updatedAtMs: NOW_MS, segment: 0 } as const;
  // The last command of all.
  tear(SETTLE, 7, true, 2);
  await expect(settleAll(store, claim, () => ({ kind: 'produced', state }))).rejects.toThrow('max');
  stack.rules.failure = undefined;
  expect(await store.redis.zcard(store.keys.pending('shop'))).toBe(1);
  const request = { segment: segmentName('shop', 0), beforeMs: LATER_MS, skipped: 0 };
  expect(await forgetEndedBefore(store, request)).toMatchObject({ removed: 1 });
  await submitOrders(store, 1);
  const again = { nowMs: LATER_MS, ordersMax: 1, clients: ['shop'] };
  const claims = [await claimReady(store, again), await claimReady(store, again)];
  expect(claims.map(({ leases }) => leases.length)).toEqual([1, 0]);
});

test('a drain that holds what a torn settle left pending cannot settle the order that comes after it', async () => {
  const store = freshStore(stack);
  await submitOrders(store, 1);
  const claim = await claimReady(store);
  const state = { status: 'produced', attempts: 1, updatedAtMs: NOW_MS, segment: 0 } as const;
  const produced = () => ({ kind: 'produced', state }) as const;
  tear(SETTLE, 7, true, 2);
  await expect(settleAll(store, claim, produced)).rejects.toThrow('max');
  stack.rules.failure = undefined;
  const late = await claimReady(store, { nowMs: LATER_MS });
  expect(late.leases.length).toBe(1);
  const request = { segment: segmentName('shop', 0), beforeMs: LATER_MS, skipped: 0 };
  expect(await forgetEndedBefore(store, request)).toMatchObject({ removed: 1 });
  expect(await store.redis.hlen(store.keys.owners)).toBe(0);
  const [id = ''] = await submitOrders(store, 1);
  await settleAll(store, late, produced);
  expect(await readOrder(store, id, LATER_MS)).toMatchObject({ status: 'queued' });
});
