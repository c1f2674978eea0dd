import { beforeEach, expect, test, vi } from 'vitest';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

test('a submit is answered with 202, the location of the order and its receipt', async () => {
  const answer = await api.submit(orderBody({ reference: '536365' }));
  expect(answer.status).toBe(202);
  expect(answer.text).toBe(
    `{"id":"${answer.body.id}","status":"queued","customer":"17850","currency":"GBP",` +
      '"totalAmount":1530,"reference":"536365","acceptedAt":"2026-11-22T13:37:00.000Z"}',
  );
  expect(answer.headers).toStrictEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-redis-commands': '3',
    location: `/orders/${answer.body.id}`,
    'x-request-id': expect.any(String),
  });
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('reference and produceAt are in the receipt only if they were given', async () => {
  expect(Object.keys((await api.submit(orderBody())).body)).toEqual([
    ...['id', 'status', 'customer', 'currency', 'totalAmount', 'acceptedAt'],
  ]);
});

test.each([
  ['2026-11-22T14:37:00.001+01:00', '2026-11-22T13:37:00.001Z', 'scheduled', 0],
  ['2026-11-22T13:37:00Z', '2026-11-22T13:37:00.000Z', 'queued', 1],
  ['1970-01-01t00:00:00.0009z', '1970-01-01T00:00:00.000Z', 'queued', 1],
])('an order for %s is for %s, and %s', async (produceAt, utc, status, queued) => {
  const { body } = await api.submit(orderBody({ produceAt }));
  expect(body).toMatchObject({ produceAt: utc, status });
  expect((await api.read(String(body.id))).body).toMatchObject({ produceAt: utc, status });
  expect(await api.counts()).toEqual({ kept: 1, queued });
});

test('a scheduled order reads as queued once its time has come', async () => {
  const { body } = await api.submit(orderBody({ produceAt: '2026-11-22T13:37:01Z' }));
  vi.setSystemTime(NOW_MS + 1_000);
  expect((await api.read(String(body.id))).body.status).toBe('queued');
});

test('an invalid order is a 400 that names each field, and nothing is written', async () => {
  const answer = await api.submit(orderBody({ customer: '', lines: [], status: 'produced' }));
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toStrictEqual({
    type: '/problems/invalid-order',
    title: 'The body is not a valid order',
    status: 400,
    detail: 'The fields listed in "errors" are invalid.',
    instance: answer.headers['x-request-id'],
    errors: ['/customer', '/lines', '/status'].map((pointer) => ({
      pointer,
      detail: expect.stringMatching(/^(Must|Is) .*\.$/),
    })),
  });
  expect(await api.keys()).toEqual([]);
});

test('two clients with the same idempotency key have an order each', async () => {
  const ours = await api.submit(orderBody(), { key: 'same' });
  const theirs = await api.submit(orderBody(), { key: 'same', as: 'other' });
  expect(theirs.status).toBe(202);
  expect(theirs.body.id).not.toBe(ours.body.id);
  expect(theirs.headers).not.toHaveProperty('idempotent-replayed');
});

test('two API keys of one client share their idempotency keys', async () => {
  const first = await api.submit(orderBody(), { key: 'same', as: 'shop' });
  const second = await api.submit(orderBody(), { key: 'same', as: 'writer' });
  expect(second.text).toBe(first.text);
});

test('an admin submits for its own client', async () => {
  const { body } = await api.submit(orderBody(), { as: 'admin' });
  expect((await api.read(String(body.id), { as: 'admin' })).body.client).toBe('ops');
});
