import { expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { aloneOf, readyClients } from '../../lib/store/claim.ts';
import { erase } from '../../lib/store/erase.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { replace } from '../../lib/store/replace.ts';
import { ERASE, REDRIVE, REPLACE, SETTLE, SUBMIT } from '../../lib/store/scripts.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, readOrder, settleAll, submitAll } from '../support/store.ts';
import { REACH } from './change-operations.ts';
import { tearableStack } from './tearing.ts';

const { stack, tear } = await tearableStack();

const LATER_MS = NOW_MS + 3_600_000;

test('a submit whose last command fails leaves nothing, so the next one is served', async () => {
  const store = freshStore(stack);
  tear(SUBMIT, 3, false);
  await expect(submitAll(store, [newOrder('a')])).rejects.toThrow('max requests limit');
  expect(await store.redis.keys(`${store.prefix}*`)).toEqual([]);
  await submitAll(store, [newOrder('b')]);
  expect(await readyClients(store, NOW_MS + 1)).toEqual(['shop']);
});

test('reconcile finds a client that a torn submit has left unknown, and has it served', async () => {
  const store = freshStore(stack);
  tear(SUBMIT, 3);
  await expect(submitAll(store, [newOrder('a')])).rejects.toThrow('max requests limit');
  expect(await readyClients(store, NOW_MS + 1)).toEqual([]);
  const clock = steppedClock(NOW_MS + 1_000);
  const report = await reconcile({ store, clock, isRepair: true });
  expect(report.repaired).toEqual({ unserved: 1 });
  await runDrain(store);
  expect(await readOrder(store, newOrder('a').id, NOW_MS)).toMatchObject({ status: 'produced' });
});

test('an order keeps the number that a torn settle has given it', async () => {
  const store = freshStore(stack);
  const ids = await submitOrders(store, 2);
  const claim = await claimReady(store);
  const state = { status: 'produced', attempts: 1, updatedAtMs: NOW_MS, segment: 0 } as const;
  const settle = () =>
    settleAll(store, claim, () => ({ kind: 'produced', isNumbered: true, state }));
  // Its own second sending fails too.
  tear(SETTLE, 4, true, 2);
  await expect(settle()).rejects.toThrow('max requests limit');
  const numbers = async () =>
    (await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)))).map(
      (order) => order?.orderNumber,
    );
  const given = await numbers();
  expect(given).toEqual([1, 2]);
  stack.rules.failure = undefined;
  expect(await settle()).toEqual([true, true]);
  expect(await numbers()).toEqual(given);
});

test('an order that a torn settle has put aside is looked at', async () => {
  const store = freshStore(stack);
  await submitOrders(store, 1);
  const claim = await claimReady(store);
  // Every command in turn, until the script comes to its end.
  for (let command = 2; command < 12; command += 1) {
    tear(SETTLE, command, true, 2);
    const dueAtMs = NOW_MS + 5_000;
    await settleAll(store, claim, () => ({ kind: 'pending', isAlone: true, dueAtMs })).catch(
      () => undefined,
    );
    const { redis, keys } = store;
    const isThere = (await redis.zcard(keys.pending(aloneOf('shop')))) > 0;
    const isLookedAt = (await redis.zscore(keys.clients, aloneOf('shop'))) !== null;
    expect(isLookedAt || !isThere, `command ${command}`).toBe(true);
  }
});

test('an order whose giving back was torn is claimed once, and costs no attempt once its lease has ended', async () => {
  for (let command = 2; command < 6; command += 1) {
    const store = freshStore(stack);
    stack.rules.failure = undefined;
    const [id = ''] = await submitOrders(store, 1);
    const claim = await claimReady(store);
    tear(SETTLE, command, true, 2);
    const dueAtMs = claim.leases[0]?.rank ?? expect.fail();
    const back = () => settleAll(store, claim, () => ({ kind: 'pending', dueAtMs }));
    await back().catch(() => undefined);
    stack.rules.failure = undefined;
    const isOwned = (await store.redis.hlen(store.keys.owners)) > 0;
    const isBack = Number(await store.redis.zscore(store.keys.pending('shop'), id)) === dueAtMs;
    expect(isBack && isOwned, `command ${command}`).toBe(false);
    const request = { nowMs: LATER_MS, ordersMax: 1, clients: ['shop'] };
    const claims = [await claimReady(store, request), await claimReady(store, request)];
    const taken = claims.flatMap((one) => one.leases.map((lease) => lease.claims));
    expect(taken, `command ${command}`).toEqual([isOwned ? 2 : 1]);
  }
});

test('an order whose redrive was torn is dead or waits, and never both', async () => {
  for (let command = 2; command < 8; command += 1) {
    const store = freshStore(stack);
    stack.rules.failure = undefined;
    const [id = ''] = await submitOrders(store, 1);
    const producer = producerOf(() => ({ kind: 'rejected', reason: 'no such sku' }));
    await runDrain(store, { producer });
    tear(REDRIVE, command, true, 2);
    const request = { ids: [id], pauseMs: 0, redriveId: 'one', nowMs: LATER_MS };
    await redrive(store, request).catch(() => undefined);
    await runDrain(store, { clock: steppedClock(LATER_MS + 1_000) });
    const status = (await readOrder(store, id, LATER_MS))?.status;
    const isAmongDead = (await store.redis.zscore(store.keys.dead('shop'), id)) !== null;
    expect([status, isAmongDead], `command ${command}`).toEqual(
      status === 'dead' ? ['dead', true] : ['produced', false],
    );
  }
});

test('a client of whom more is due than a claim looks at is looked at again at once', async () => {
  const store = freshStore(stack);
  const orders = Array.from({ length: 6 }, (_, at) =>
    newOrder(`key-${at}`, { submission: { produceAtMs: NOW_MS + 500 } }),
  );
  await submitAll(store, orders);
  const clients = ['mart', 'depot', 'kiosk', 'shop'];
  const { leases, ready } = await claimReady(store, { clients, ordersMax: 4 });
  expect(leases.length).toBeLessThan(orders.length);
  expect(ready).toEqual(['shop']);
});

test('an order that is claimed while its client cancels it is not canceled', async () => {
  const store = freshStore(stack);
  const [id = ''] = await submitOrders(store, 1);
  // The claim comes between the cancel's look at the order and its script.
  const { client, keys } = store;
  let sends = 0;
  const late: typeof client = {
    ...client,
    async repeatedly(send) {
      sends += 1;
      if (sends === 2) await claimReady(store);
      return client.repeatedly(send);
    },
  };
  const answer = await cancel({ client: late, keys }, { id, nowMs: NOW_MS });
  expect(answer).toEqual({ kind: 'refused', status: 'producing' });
  expect((await readOrder(store, id, NOW_MS))?.status).toBe('producing');
});

test.for(Object.entries(REACH))(
  'an order that was %s and whose erasure was torn is erased downstream, once it was asked for again',
  async ([, reach]) => {
    for (let command = 4; command < 11; command += 1) {
      stack.rules.failure = undefined;
      const store = freshStore(stack);
      const [id = ''] = await reach(store);
      tear(ERASE, command, true, 2);
      await erase(store, id, LATER_MS).catch(() => undefined);
      stack.rules.failure = undefined;
      expect(await erase(store, id, LATER_MS)).toEqual({ kind: 'erased' });
      const erased: string[] = [];
      const forget = async (ids: readonly string[]) => void erased.push(...ids);
      const producer = Object.assign(
        producerOf(() => ({ kind: 'produced' })),
        { erase: forget },
      );
      await runDrain(store, { producer, clock: steppedClock(LATER_MS + 1_000) });
      expect(erased, `command ${command}`).toEqual([id]);
    }
  },
);

test('a canceled order whose replace was torn stays canceled, and can be replaced by the same again', async () => {
  for (const name of ['canceled and ended', 'canceled and not moved yet'] as const) {
    for (let command = 5; command < 9; command += 1) {
      const store = freshStore(stack);
      stack.rules.failure = undefined;
      const [id = ''] = await REACH[name](store);
      const order = { ...newOrder('', { submission: { customer: 'new' } }), id };
      const again = () => replace(store, { order, nowMs: LATER_MS });
      tear(REPLACE, command, false, 1);
      await again().catch(() => undefined);
      stack.rules.failure = undefined;
      expect((await again()).kind, `${name}, command ${command}`).toBe('replaced');
    }
  }
});
