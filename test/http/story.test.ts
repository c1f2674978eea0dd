import { beforeEach, expect, test } from 'vitest';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, submitAll } from '../support/store.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  api = await deploy();
});

const order = newOrder('key');
const at = (ms: number) => new Date(ms).toISOString();
const answering = (reason: string, afterMs: number, kind: 'retry' | 'rejected' = 'retry') =>
  runDrain(api.store, {
    producer: producerOf(() => ({ kind, reason })),
    clock: steppedClock(NOW_MS + afterMs),
  });

test('an order tells of each attempt that failed or went unanswered, and a redrive keeps them', async () => {
  await submitAll(api.store, [order]);
  await answering('ERP: 503', 1_000);
  const holder = `7.4be1c2d3-0000@${NOW_MS + 60_000}`;
  await claimReady(api.store, { nowMs: NOW_MS + 60_000, leaseMs: 30_000, holder });
  await runDrain(api.store, { clock: steppedClock(NOW_MS + 100_000) });
  await answering('No such SKU', 600_000, 'rejected');
  const { body } = await api.read(order.id);
  const failures = [body.lastError, ...(body.history as object[])];
  expect(failures).toEqual([
    {
      ...{ kind: 'rejected', reason: 'No such SKU', at: at(NOW_MS + 600_000) },
      ...{ token: expect.any(Number), holder: expect.any(String), claimedAt: at(NOW_MS + 600_000) },
    },
    {
      ...{ kind: 'unanswered', reason: expect.any(String), at: at(NOW_MS + 90_000) },
      ...{ token: 2, slot: 7, holder: '7.4be1c2d3', claimedAt: at(NOW_MS + 60_000) },
    },
    expect.objectContaining({ kind: 'failed', reason: 'ERP: 503', token: 1 }),
  ]);
  await api.call('redrive', { id: order.id });
  expect((await api.read(order.id)).body).toMatchObject({ status: 'queued', attempts: 0 });
  await runDrain(api.store, { clock: steppedClock(Date.now() + 1_000) });
  const produced = (await api.read(order.id)).body;
  expect(produced).toMatchObject({ status: 'produced', lastError: body.lastError });
  expect(produced.history).toEqual(body.history);
});

test('dead orders are grouped by reason, and say if they were put back before', async () => {
  const orders = Array.from({ length: 3 }, (_, n) => newOrder(`k${n}`));
  await submitAll(api.store, orders);
  await submitAll(api.store, [newOrder('other', { client: 'other' })]);
  await runDrain(api.store, {
    producer: producerOf((id) => ({ kind: 'rejected', reason: `No SKU in ${id}` })),
  });
  await api.call('redriveMany', { body: { ids: [orders[0]?.id] } });
  await runDrain(api.store, {
    producer: producerOf(() => ({ kind: 'rejected', reason: 'No SKU in ord_x' })),
    clock: steppedClock(Date.now() + 60_000),
  });
  const { body } = await api.call('reasons');
  expect(body).toMatchObject({
    groups: [
      { reason: 'no sku in …', count: 4, clients: { other: 1, shop: 3 }, redrivenBefore: 1 },
    ],
    ...{ examined: 4, dead: 4 },
  });
  const some = await api.call('reasons', { query: { limit: '2' } });
  expect(some.body).toMatchObject({ groups: [{ count: 2 }], examined: 2, dead: 4 });
  for (const limit of ['0', '1001', 'x']) {
    expect((await api.call('reasons', { query: { limit } })).status).toBe(400);
  }
});
