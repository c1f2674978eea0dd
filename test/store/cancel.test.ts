import { expect, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { countOrders } from '../../lib/store/count.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, freshStore, interrupted, readOrder } from '../support/store.ts';
import { OPERATIONS } from './operations.ts';
import { settled, submitted } from './settling.ts';

const LATER_MS = NOW_MS + 60_000;

test.for(Object.entries(OPERATIONS).filter(([name]) => name.startsWith('cancel')))(
  '%s: it is canceled at once, and the next drain moves it, as due as it may have been',
  async ([, { prepare }]) => {
    const store = freshStore();
    const { ids, call } = await prepare(store);
    const [id] = ids as [string];
    expect(await call(store)).toMatchObject({
      kind: 'canceled',
      order: { id, status: 'canceled' },
    });
    expect(await call(store)).toMatchObject({ kind: 'canceled' });
    const order = await readOrder(store, id, LATER_MS);
    expect(order).toMatchObject({ status: 'canceled', updatedAtMs: LATER_MS });
    expect(order).not.toHaveProperty('nextAttemptAtMs');
    const before = await countOrders(store, LATER_MS);
    await runDrain(store, { clock: steppedClock(LATER_MS), producer: async () => new Map() });
    const { places } = await snapshot(store);
    expect(places.get(id)).toEqual(['ended:shop:0']);
    expect([before.canceled, (await countOrders(store, LATER_MS)).canceled]).toEqual([1, 1]);
  },
);

test('an order that is canceled in the queue is not counted as one that waits', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 3)) as [string];
  await cancel(store, { id, client: 'shop', nowMs: NOW_MS });
  expect(await countOrders(store, NOW_MS)).toMatchObject({ canceled: 1, queued: 2 });
  await runDrain(store);
  expect(await countOrders(store, NOW_MS)).toMatchObject({ canceled: 1, queued: 0, produced: 2 });
});

test('an order is canceled or claimed, never both', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 40);
  const canceling = ids.map((id) => cancel(store, { id, client: 'shop', nowMs: NOW_MS }));
  const handed = new Set<string>();
  const producer = async (orders: readonly { id: string }[]) => {
    for (const { id } of orders) handed.add(id);
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' as const }]));
  };
  const draining = runDrain(store, { producer, limits: { batchSize: 5 } });
  const answers = await Promise.all(canceling);
  await draining;
  await runDrain(store, { producer });
  for (const [at, id] of ids.entries()) {
    expect(answers[at]?.kind === 'canceled').toBe(!handed.has(id));
  }
  await expectAllInPlace(store, ids);
});

test('an order that is producing, produced or dead is refused; an admin may cancel a dead one', async () => {
  const store = freshStore();
  const [dead, produced] = (await submitOrders(store, 2)) as [string, string];
  await claimReady(store, { ordersMax: 1, leaseMs: 1 });
  await settled(store, { kind: 'produced' }, NOW_MS + 5_000);
  const [leased] = (await submitted(store, 'other', 1)) as [string];
  await claimReady(store, { clients: ['other'] });
  await store.redis.del(store.keys.pending('!shop'));
  await store.redis.set(store.keys.state(dead), '{"status":"dead","attempts":1,"updatedAtMs":1}');
  const ask = (id: string, client?: string) =>
    cancel(store, { id, nowMs: NOW_MS, ...(client && { client }) });
  expect(await ask(produced, 'shop')).toEqual({ kind: 'refused', status: 'produced' });
  expect(await ask(leased, 'other')).toEqual({ kind: 'refused', status: 'producing' });
  expect(await ask(leased)).toEqual({ kind: 'refused', status: 'producing' });
  expect(await ask(dead, 'shop')).toEqual({ kind: 'refused', status: 'dead' });
  expect(await ask(dead)).toMatchObject({ kind: 'canceled' });
});

test('an order that is claimed between reading and canceling it is refused', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  const answer = await cancel(
    interrupted(store, () => claimReady(store)),
    { id, client: 'shop', nowMs: NOW_MS },
  );
  expect(answer).toEqual({ kind: 'refused', status: 'producing' });
  expect(await store.redis.exists(store.keys.state(id))).toBe(0);
});

test('another client’s order is not found, and neither is one that does not exist', async () => {
  const store = freshStore();
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  const notFound = { kind: 'not-found' };
  expect(await cancel(store, { id, client: 'other', nowMs: NOW_MS })).toEqual(notFound);
  expect(await cancel(store, { id: newOrder('none').id, nowMs: NOW_MS })).toEqual(notFound);
  expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: 'queued' });
});
