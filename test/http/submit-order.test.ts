import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a submit is answered with 202, where the order is, and its receipt', async () => {
  const answer = await api.submit(orderBody({ reference: '536365' }));
  expect(answer.status).toBe(202);
  expect(answer.body).toStrictEqual({
    id: expect.stringMatching(/^ord_[0-9a-z]+$/),
    status: 'queued',
    customer: '17850',
    currency: 'GBP',
    totalAmount: 1_530,
    reference: '536365',
    acceptedAt: '2026-11-22T13:37:00.000Z',
  });
  expect(answer.headers).toStrictEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    location: `/orders/${answer.body.id}`,
    'x-request-id': expect.any(String),
  });
});

test('a receipt has its members in one order, whatever their order in the body', async () => {
  const { customer, currency, lines } = orderBody();
  const answer = await api.submit({ reference: 'r', lines, currency, customer });
  expect(Object.keys(answer.body)).toEqual([
    'id',
    'status',
    'customer',
    'currency',
    'totalAmount',
    'reference',
    'acceptedAt',
  ]);
});

test('a receipt has no reference where none was given', async () => {
  expect((await api.submit(orderBody())).body).not.toHaveProperty('reference');
});

test('the total is the sum of quantity × unitAmount over all lines', async () => {
  const lines = [
    { sku: 'a', quantity: 3, unitAmount: 100 },
    { sku: 'b', quantity: 1, unitAmount: 0 },
    { sku: 'a', quantity: 2, unitAmount: 7, description: 'the same article once more' },
  ];
  expect((await api.submit(orderBody({ lines }))).body.totalAmount).toBe(314);
});

test('an order that was answered with 202 is kept and waits in the queue', async () => {
  const { body } = await api.submit(orderBody());
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  expect((await api.read(String(body.id))).body).toMatchObject({ ...orderBody(), ...body });
});

test('an order for later is scheduled and does not wait in the queue', async () => {
  const { status, body } = await api.submit(orderBody({ produceAt: '2026-11-22T13:37:00.001Z' }));
  expect(status).toBe(202);
  expect(body.status).toBe('scheduled');
  expect(await api.counts()).toEqual({ kept: 1, queued: 0 });
});

test.each(['2026-11-22T13:37:00Z', '2026-11-22T13:36:59.999Z', '1970-01-01T00:00:00Z'])(
  'an order for %s, which has passed, is queued',
  async (produceAt) => {
    expect((await api.submit(orderBody({ produceAt }))).body.status).toBe('queued');
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  },
);

test('two clients with the same idempotency key and the same body have an order each', async () => {
  const ours = await api.submit(orderBody(), { key: 'same' });
  const theirs = await api.submit(orderBody(), { key: 'same', as: 'other' });
  expect(theirs.status).toBe(202);
  expect(theirs.body.id).not.toBe(ours.body.id);
  expect(theirs.headers).not.toHaveProperty('idempotent-replayed');
  expect(await api.counts()).toEqual({ kept: 2, queued: 2 });
});

test('two keys of one client share the space of idempotency keys', async () => {
  const first = await api.submit(orderBody(), { key: 'same', as: 'shop' });
  const second = await api.submit(orderBody(), { key: 'same', as: 'writer' });
  expect(second.text).toBe(first.text);
});

test('a key of orders:admin submits for its own client', async () => {
  const { status, body } = await api.submit(orderBody(), { as: 'admin' });
  expect(status).toBe(202);
  expect((await api.read(String(body.id), { as: 'admin' })).body.client).toBe('ops');
});
