import { beforeEach, expect, test, vi } from 'vitest';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

const list = (query: Record<string, string>) => api.call('list', { query, as: 'shop' });

async function found(query: Record<string, string>): Promise<string[]> {
  return ((await list(query)).body.orders as { id: string }[]).map(({ id }) => id);
}

/** Submits an order, a millisecond after the one before. */
async function submit(overrides = {}): Promise<string> {
  vi.setSystemTime(Date.now() + 1);
  return String((await api.submit(orderBody(overrides))).body.id);
}

test('filters name a status and a customer, and other parameters are ignored', async () => {
  const queued = await submit();
  const canceled = await submit({ customer: 'Ä, B&=?' });
  await api.call('cancel', { id: canceled });
  expect(await found({ status: 'canceled' })).toEqual([canceled]);
  expect(await found({ status: 'queued', sort: 'up' })).toEqual([queued]);
  expect(await found({ customer: 'Ä, B&=?' })).toEqual([canceled]);
  expect(await found({ customer: 'Ä, B&=?', status: 'queued' })).toEqual([]);
  expect((await list({ customer: 'nobody' })).body).toMatchObject({ orders: [], examined: 2 });
});

test('a time finds what was accepted in it, its end excluded', async () => {
  await submit();
  await api.call('drain');
  const [first, second, last] = [await submit(), await submit(), await submit()];
  const at = (afterMs: number) => new Date(NOW_MS + afterMs).toISOString();
  expect((await list({ acceptedFrom: at(2), acceptedTo: at(4) })).body).toMatchObject({
    orders: [{ id: second }, { id: first }],
    examined: 4,
  });
  const zoned = at(3).replace('T13', 'T14').replace('Z', '+01:00');
  expect(await found({ acceptedFrom: zoned, customer: orderBody().customer })).toEqual([
    ...[last, second],
  ]);
  for (const wrong of ['', 'now', '2026-02-30T00:00:00Z', `${at(1)},${at(2)}`]) {
    expect((await list({ acceptedTo: wrong })).status).toBe(400);
  }
});

test('a reference and an order number are looked for among what is read, which is said', async () => {
  const id = await submit({ reference: 'R 1' });
  for (const _ of [1, 2]) await submit();
  expect((await list({ reference: 'R 1' })).body).toMatchObject({
    orders: [{ id, reference: 'R 1' }],
    examined: 3,
  });
  expect((await list({ reference: 'r 1' })).body).toMatchObject({ orders: [], examined: 3 });
  await api.call('drain');
  const { orderNumber } = (await api.read(id)).body;
  expect(await found({ orderNumber: String(orderNumber) })).toEqual([id]);
});
