import { afterEach, expect, inject, test, vi } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

afterEach(() => {
  vi.useRealTimers();
});

const FATES: Record<string, (api: Deployment, id: string) => Promise<unknown>> = {
  'waits still': async () => undefined,
  'was produced': (api) => api.schedule({ slot: 0 }, lambdaContext()),
  'was canceled': (api, id) => api.call('cancel', { id }),
};

test.each(Object.entries(FATES))(
  'a repeat of an order that %s gets the very same bytes, and says that it is a repeat',
  async (_, becomes) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
    const api = await deploy();
    const body = orderBody({ reference: 'r', metadata: { a: 'b' } });
    const first = await api.submit(body, { key: 'same' });
    vi.setSystemTime(NOW_MS + 60_000);
    await becomes(api, String(first.body.id));
    const before = await api.counts();
    const second = await api.submit(body, { key: 'same' });
    expect([second.status, second.text]).toEqual([202, first.text]);
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect(await api.counts()).toEqual(before);
  },
);

test('a repeat is a repeat even if produceAt has passed meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  const api = await deploy();
  const body = orderBody({ produceAt: new Date(NOW_MS + 1_000).toISOString() });
  const first = await api.submit(body, { key: 'same' });
  vi.setSystemTime(NOW_MS + 2_000);
  const second = await api.submit(body, { key: 'same' });
  expect(second.headers['idempotent-replayed']).toBe('true');
  expect(second.text).toBe(first.text);
  expect(second.body.status).toBe('scheduled');
});

test('the same order in other words is a repeat', async () => {
  const api = await deploy();
  const first = await api.submit(
    orderBody({ produceAt: '2020-01-01T00:00:00Z', metadata: { x: '1', y: '2' } }),
    { key: 'same' },
  );
  const second = await api.submit(
    '{ "currency" : "\\u0047BP", "metadata": {"y":"2","x":"1"}, "customer":"17850", "lines":\n' +
      '[{"unitAmount":25.5e1,"sku":"85123A","quantity":6.0}],"produceAt":"2020-01-01T01:00:00.0+01:00"}',
    { key: 'same' },
  );
  expect([second.status, second.text]).toEqual([202, first.text]);
});

const line = { sku: '85123A', quantity: 6, unitAmount: 255 };

test.each([
  { customer: '17851' },
  { lines: [{ ...line, quantity: 3, unitAmount: 510 }] },
  { lines: [line, { ...line, unitAmount: 0 }] },
  { produceAt: '2020-01-01T00:00:00Z' },
  { metadata: { a: '' } },
])('a key with another order, %j, is a 422, and the stored order is unchanged', async (other) => {
  const api = await deploy();
  const { body } = await api.submit(orderBody(), { key: 'same' });
  const stored = () => api.redis.get(api.store.keys.order(String(body.id)));
  const before = [await stored(), await api.keys()];
  const answer = await api.submit(orderBody(other), { key: 'same' });
  expect(answer).toMatchObject({ status: 422, body: { type: '/problems/idempotency-key-reused' } });
  expect(answer.headers).not.toHaveProperty('location');
  expect([await stored(), await api.keys()]).toEqual(before);
});

test('200 identical requests at once make one order, and all get the same receipt', async () => {
  const api = await deploy();
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => api.submit(orderBody(), { key: 'same' })),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(202);
  const originals = answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined);
  expect(originals).toHaveLength(1);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('a reply that is lost after the commit costs the client nothing', async () => {
  const lost = new Set<string>();
  await using proxy = await faultyProxy(inject('upstash'), ({ body }) => {
    if (lost.has(body)) return 'pass';
    lost.add(body);
    return 'lose-reply';
  });
  const api = await deploy(proxy);
  // In rounds: a request that waited for 100 others could run into its own deadline.
  for (let round = 0; round < 10; round += 1) {
    const keys = Array.from({ length: 10 }, (_, at) => `key-${round}-${at}`);
    const submits = () => Promise.all(keys.map((key) => api.submit(orderBody(), { key })));
    const [first, second] = [await submits(), await submits()];
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([202]));
    expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
  }
  expect(await api.counts()).toEqual({ kept: 100, queued: 100 });
});

test('a request that reaches Redis six times makes one order', async () => {
  const { url, token } = inject('upstash');
  const send = (body: string) =>
    fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
  await using proxy = await faultyProxy(inject('upstash'), async ({ body }): Promise<Fate> => {
    for (let sent = 1; sent < 6; sent += 1) await (await send(body)).text();
    return 'pass';
  });
  const api = await deploy(proxy);
  const first = await api.submit(orderBody(), { key: 'same' });
  const second = await api.submit(orderBody(), { key: 'same' });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.text).toBe(first.text);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});
