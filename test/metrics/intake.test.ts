import { expect, inject, test } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { valuesIn } from './emf-lines.ts';
import { type MeasuringApi, measuring, takeOutput } from './measuring.ts';

const { linesSince, text } = takeOutput();

test('an order that is taken in is counted, with the depth of the queue and what Redis took', async () => {
  const api = await measuring();
  await api.submit(orderBody());
  await api.submit(orderBody());
  linesSince();
  await api.submit(orderBody(), { key: 'third' });
  const lines = linesSince();
  expect(lines).toHaveLength(1);
  expect(valuesIn(lines, 'OrdersAccepted')).toEqual([1]);
  expect(valuesIn(lines, 'OrdersReplayed')).toEqual([]);
  expect(valuesIn(lines, 'QueueDepth')).toEqual([3]);
  expect(valuesIn(lines, 'RedisLatency')).toHaveLength(1);
  expect(valuesIn(lines, 'RedisErrors')).toEqual([]);
});

test('a repeat is counted as one, and not as another order', async () => {
  const api = await measuring();
  await api.submit(orderBody(), { key: 'same' });
  linesSince();
  await api.submit(orderBody(), { key: 'same' });
  const lines = linesSince();
  expect(valuesIn(lines, 'OrdersReplayed')).toEqual([1]);
  expect(valuesIn(lines, 'OrdersAccepted')).toEqual([]);
});

test('each order of a batch is counted as what became of it', async () => {
  const api = await measuring();
  await api.submit(orderBody(), { key: 'a' });
  linesSince();
  const keyed = (idempotencyKey: string, more = {}) => orderBody({ idempotencyKey, ...more });
  const orders = [
    ...[keyed('a'), keyed('a', { reference: 'other' }), keyed('b'), keyed('c')],
    ...[keyed('d', { currency: '' }), keyed('e', { lines: [] }), keyed('f', { customer: 1 })],
  ];
  await api.call('batch', { body: { orders } });
  const lines = linesSince();
  expect(valuesIn(lines, 'OrdersAccepted')).toEqual([2]);
  expect(valuesIn(lines, 'OrdersReplayed')).toEqual([1]);
  expect(valuesIn(lines, 'Refused', 'invalid-order')).toEqual([3]);
  expect(valuesIn(lines, 'Refused', 'idempotency-key-reused')).toEqual([1]);
});

const REFUSALS: Record<string, (api: MeasuringApi) => Promise<unknown>> = {
  'invalid-json': (api) => api.submit('{'),
  'invalid-order': (api) => api.submit({}),
  'invalid-batch': (api) => api.call('batch', { body: {} }),
  'invalid-redrive': (api) => api.call('redriveMany', { body: { limit: 'x' } }),
  'invalid-query': (api) => api.call('list', { query: { limit: 'x' } }),
  'invalid-idempotency-key': (api) => api.submit(orderBody(), { key: 'é' }),
  unauthorized: (api) => api.submit(orderBody(), { as: undefined }),
  forbidden: (api) => api.submit(orderBody(), { as: 'reader' }),
  'not-found': (api) => api.read('ord_none'),
  'body-too-large': (api) => api.submit(`"${'x'.repeat(300 * 1024)}"`),
  'unsupported-media-type': (api) =>
    api.submit(orderBody(), { headers: { 'content-type': 'text/plain' } }),
};

test.each(Object.entries(REFUSALS))(
  'a refusal is counted by its reason: %s',
  async (reason, refuse) => {
    const api = await measuring();
    await refuse(api);
    expect(valuesIn(linesSince(), 'Refused', reason)).toEqual([1]);
  },
);

test('a key that stands for another order, and a queue that is full, are reasons too', async () => {
  const api = await measuring({ SLUICE_QUEUE_MAX: '1' });
  await api.submit(orderBody(), { key: 'a' });
  await api.submit(orderBody({ reference: 'other' }), { key: 'a' });
  expect(valuesIn(linesSince(), 'Refused', 'idempotency-key-reused')).toEqual([1]);
  await api.submit(orderBody());
  await api.submit(orderBody());
  const lines = linesSince();
  expect(valuesIn(lines, 'Refused', 'queue-full')).toEqual([1]);
  expect(valuesIn(lines, 'OrdersAccepted')).toEqual([1]);
});

test('a Redis that cannot be asked is counted at each sending, and so is the refusal', async () => {
  const broken: Fate = (response) => void response.writeHead(500).end('<html></html>');
  await using proxy = await faultyProxy(inject('upstash'), () => broken);
  const api = await measuring({}, proxy);
  await api.submit(orderBody());
  const lines = linesSince();
  expect(valuesIn(lines, 'RedisErrors')).toEqual([2]);
  expect(valuesIn(lines, 'RedisLatency')).toEqual([]);
  expect(valuesIn(lines, 'Refused', 'store-unavailable')).toEqual([1]);
  expect(valuesIn(lines, 'OrdersAccepted')).toEqual([]);
});

test('a fault of what the store holds is an error of Redis, and an internal one', async () => {
  const api = await measuring();
  await api.redis.set(`${api.prefix}order_queue:shop`, 'a string');
  linesSince();
  await api.submit(orderBody());
  const lines = linesSince();
  expect(valuesIn(lines, 'RedisErrors')).toEqual([1]);
  expect(valuesIn(lines, 'Refused', 'internal')).toEqual([1]);
});

test('nothing of an order, a client or a secret is in a metric', async () => {
  const canary = 'canary';
  const api = await measuring();
  const lines = [{ sku: canary, quantity: 1, unitAmount: 987_654 }];
  const order = orderBody({
    customer: canary,
    reference: canary,
    metadata: { [canary]: canary },
    lines,
  });
  await api.submit(order, { key: canary, headers: { 'x-request-id': canary } });
  await api.submit({ ...order, [canary]: canary }, { key: canary });
  await api.schedule({ slot: 0 }, lambdaContext());
  const written = JSON.stringify(linesSince());
  expect(written).toMatch(/OrdersProduced/);
  expect(written).not.toMatch(/canary|987654|ord_|shop|test-key|test-token/);
});

test('where metrics are off none is written, and the log is as it is', async () => {
  const api = await measuring({ SLUICE_METRICS: 'off' });
  await api.submit(orderBody());
  expect(text()).toMatch(/"event":"submitted"/);
  expect(linesSince()).toEqual([]);
});
