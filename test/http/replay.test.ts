import { afterEach, expect, inject, test, vi } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { deploy } from './deployment.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a repeat is answered with the very same bytes, and says that it is one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  const api = await deploy();
  const body = orderBody({ reference: 'r', metadata: { a: 'b' } });
  const first = await api.submit(body, { key: 'same' });
  vi.setSystemTime(NOW_MS + 60_000);
  const second = await api.submit(body, { key: 'same' });
  expect(second.status).toBe(202);
  expect(second.text).toBe(first.text);
  expect(second.headers.location).toBe(first.headers.location);
  expect(second.headers['idempotent-replayed']).toBe('true');
  expect(first.headers).not.toHaveProperty('idempotent-replayed');
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('a repeat is answered the same after the order was produced', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const api = await deploy();
  const first = await api.submit(orderBody(), { key: 'same' });
  await api.schedule({ slot: 0 }, lambdaContext());
  expect((await api.read(String(first.body.id))).body.status).toBe('produced');
  const second = await api.submit(orderBody(), { key: 'same' });
  expect(second.text).toBe(first.text);
  expect(await api.counts()).toEqual({ kept: 1, queued: 0 });
});

test('a repeat is a repeat also when produceAt has passed meanwhile', async () => {
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

const SAME = [
  ['member order', '{"currency":"GBP","lines":[{"unitAmount":5,"quantity":1,"sku":"a"}],%s}'],
  ['white space', '\n{ "currency" : "GBP",\t"lines":[{"sku":"a","quantity":1,"unitAmount":5}],%s}'],
  ['1.0 for 1', '{"currency":"GBP","lines":[{"sku":"a","quantity":1.0,"unitAmount":50e-1}],%s}'],
  ['escapes', '{"currency":"\\u0047BP","lines":[{"sku":"a","quantity":1,"unitAmount":5}],%s}'],
] as const;
const REST = '"customer":"c","produceAt":"2020-01-01T00:00:00Z","metadata":{"x":"1","y":"2"}';

test.each(SAME)('a repeat that differs in %s is a replay', async (_, text) => {
  const api = await deploy();
  const line = { sku: 'a', quantity: 1, unitAmount: 5 };
  const plain = { ...JSON.parse(`{${REST}}`), currency: 'GBP', lines: [line] };
  const first = await api.submit(plain, { key: 'same' });
  const moved = REST.replace('"x":"1","y":"2"', '"y":"2","x":"1"').replace(
    '00:00:00Z',
    '01:00:00.000+01:00',
  );
  const second = await api.submit(text.replace('%s', moved), { key: 'same' });
  expect(second.status).toBe(202);
  expect(second.text).toBe(first.text);
});

test('empty metadata is none, so a repeat without it is a replay', async () => {
  const api = await deploy();
  const first = await api.submit(orderBody({ metadata: {} }), { key: 'same' });
  const second = await api.submit(orderBody(), { key: 'same' });
  expect(second.text).toBe(first.text);
  expect((await api.read(String(first.body.id))).body).not.toHaveProperty('metadata');
});

const line = { sku: '85123A', quantity: 6, unitAmount: 255 };
const OTHERS = {
  customer: { customer: '17851' },
  currency: { currency: 'EUR' },
  sku: { lines: [{ ...line, sku: '85123B' }] },
  quantity: { lines: [{ ...line, quantity: 7 }] },
  'unitAmount, at the same total': { lines: [{ ...line, quantity: 3, unitAmount: 510 }] },
  description: { lines: [{ ...line, description: 'x' }] },
  'one more line': { lines: [line, { ...line, unitAmount: 0 }] },
  reference: { reference: 'r' },
  produceAt: { produceAt: '2020-01-01T00:00:00Z' },
  metadata: { metadata: { a: '' } },
};

test.each(Object.entries(OTHERS))(
  'a reused key with another %s is 422, and the stored order is unchanged',
  async (_, other) => {
    const api = await deploy();
    const { body } = await api.submit(orderBody(), { key: 'same' });
    const [keys, hash] = [await api.keys(), await api.hash(body.id)];
    const answer = await api.submit(orderBody(other), { key: 'same' });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ type: '/problems/idempotency-key-reused', status: 422 });
    expect(answer.headers).not.toHaveProperty('location');
    expect(await api.keys()).toEqual(keys);
    expect(await api.hash(body.id)).toEqual(hash);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
    expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(202);
  },
);

test('the order of lines counts', async () => {
  const api = await deploy();
  const lines = [line, { ...line, sku: 'b' }];
  await api.submit(orderBody({ lines }), { key: 'same' });
  const turned = await api.submit(orderBody({ lines: lines.toReversed() }), { key: 'same' });
  expect(turned.status).toBe(422);
});

test('200 identical requests at once make one order, and each gets 202 and the same receipt', async () => {
  const api = await deploy();
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => api.submit(orderBody(), { key: 'same' })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const originals = answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined);
  expect(originals).toHaveLength(1);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test('of different bodies at once under one key, one is taken and the others are 422', async () => {
  const api = await deploy();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      api.submit(orderBody({ customer: `c${index}` }), { key: 'same' }),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([202, ...Array.from({ length: 19 }, () => 422)]);
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
  // In rounds: a request that waits for 300 others would run into its own deadline.
  for (let round = 0; round < 30; round += 1) {
    const keys = Array.from({ length: 10 }, (_, index) => `key-${round}-${index}`);
    const first = await Promise.all(keys.map((key) => api.submit(orderBody(), { key })));
    const second = await Promise.all(keys.map((key) => api.submit(orderBody(), { key })));
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([202]));
    expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
  }
  expect(await api.counts()).toEqual({ kept: 300, queued: 300 });
});

test('all replies lost is 503, and the repeat gets the receipt of the order that was taken', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  let isBroken = true;
  await using proxy = await faultyProxy(inject('upstash'), () =>
    isBroken ? 'lose-reply' : 'pass',
  );
  const api = await deploy(proxy);
  expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(503);
  isBroken = false;
  const answer = await api.submit(orderBody(), { key: 'same' });
  expect(answer.status).toBe(202);
  expect(answer.headers['idempotent-replayed']).toBe('true');
  expect((await api.read(String(answer.body.id))).body.acceptedAt).toBe(answer.body.acceptedAt);
  expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
});

test.each([1, 2, 3, 4, 5, 6])(
  'a request that reaches Redis %i times makes one order with one receipt',
  async (times) => {
    const { url, token } = inject('upstash');
    const send = (body: string) =>
      fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
    await using proxy = await faultyProxy(inject('upstash'), async ({ body }): Promise<Fate> => {
      for (let sent = 1; sent < times; sent += 1) await (await send(body)).text();
      return 'pass';
    });
    const api = await deploy(proxy);
    const first = await api.submit(orderBody(), { key: 'same' });
    const second = await api.submit(orderBody(), { key: 'same' });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.text).toBe(first.text);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  },
);
