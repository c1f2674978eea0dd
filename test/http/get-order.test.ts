import { beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady } from '../support/store.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

async function submitted(overrides: Record<string, unknown> = {}): Promise<string> {
  const { body } = await api.submit(orderBody(overrides), { key: 'key-1' });
  return String(body.id);
}

/** A drain at a time whose producer fails for a reason; answers the order as it is meanwhile. */
async function failAt(nowMs: number, id: string, reason: string) {
  let meanwhile: Answer['body'] = {};
  const producer = async () => {
    meanwhile = (await api.read(id)).body;
    return new Map([[id, { kind: 'retry', reason } as const]]);
  };
  await runDrain(api.store, { producer, clock: steppedClock(nowMs), limits: { attemptsMax: 24 } });
  return meanwhile;
}

test('an order is read as it was submitted, with its state', async () => {
  const line = { sku: '85123A', quantity: 6, unitAmount: 255, description: 'heart\tT-light' };
  const given = { lines: [line], reference: '536365', metadata: { channel: 'web', note: '' } };
  const produceAt = '2026-11-22T13:38:00.000Z';
  const id = await submitted({ ...given, produceAt });
  const answer = await api.read(id);
  expect(answer.status).toBe(200);
  expect(answer.body).toStrictEqual({
    id,
    status: 'scheduled',
    customer: '17850',
    currency: 'GBP',
    totalAmount: 1_530,
    produceAt,
    acceptedAt: '2026-11-22T13:37:00.000Z',
    ...given,
    idempotencyKey: 'key-1',
    attempts: 0,
    updatedAt: '2026-11-22T13:37:00.000Z',
  });
  expect(answer.headers).toStrictEqual({
    'content-type': 'application/json',
    'cache-control': 'private, no-cache',
    'x-redis-commands': '2',
    etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/),
    'x-request-id': expect.any(String),
  });
});

test('an order shows its attempts, its failures and its end as they come', async () => {
  const id = await submitted();
  const firstMs = NOW_MS + 1_000;
  const producing = await failAt(firstMs, id, 'No stock.');
  expect(producing).toMatchObject({ status: 'producing', attempts: 1 });
  const failed = (await api.read(id)).body;
  const first = { reason: 'No stock.', at: new Date(firstMs).toISOString() };
  expect(failed).toMatchObject({ status: 'queued', attempts: 1, lastError: first });
  expect(failed).not.toHaveProperty('history');
  const nextMs = Date.parse(String(failed.nextAttemptAt));
  expect(nextMs).toBeGreaterThan(firstMs);

  const again = await failAt(nextMs, id, 'No truck.');
  expect(again).toMatchObject({ status: 'producing', attempts: 2, lastError: first });
  expect(again).not.toHaveProperty('nextAttemptAt');
  expect((await api.read(id)).body).toMatchObject({
    lastError: { reason: 'No truck.' },
    history: [first],
  });

  const producedMs = NOW_MS + 3_600_000;
  await runDrain(api.store, { clock: steppedClock(producedMs), limits: { attemptsMax: 24 } });
  const { body } = await api.read(id);
  const at = new Date(producedMs).toISOString();
  expect(body).toMatchObject({ status: 'produced', attempts: 3, orderNumber: 1, producedAt: at });
  expect(body).toMatchObject({ updatedAt: at, lastError: { reason: 'No truck.' } });
  expect(body).not.toHaveProperty('nextAttemptAt');
});

test('only an admin sees whose an order is', async () => {
  const id = await submitted();
  expect((await api.read(id)).body).not.toHaveProperty('client');
  expect((await api.read(id, { as: 'admin' })).body.client).toBe('shop');
});

const IMPOSSIBLE = [
  ...['', `ord_${'0'.repeat(31)}`, `ord_${'0'.repeat(33)}`, `ord_${'w'.repeat(32)}`],
  ...[`ORD_${'0'.repeat(32)}`, `ord_${'0'.repeat(32)}\n`, `ord_${'0'.repeat(31)}\0`, 'a\r\nb'],
  ...['ord_*', '{ord}', 'order_clients', '../order_clients', 'x'.repeat(32_768), '__proto__'],
];

test('an id that no order can have is a 404 like any other, and Redis is not asked', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'pass');
  const behindProxy = await deploy(proxy);
  const headers = { 'x-request-id': 'same' };
  const missing = await behindProxy.read(`ord_${'0'.repeat(32)}`, { headers });
  expect(missing).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  const asked = proxy.seen();
  const unasked = { ...missing, headers: { ...missing.headers, 'x-redis-commands': '0' } };
  for (const id of IMPOSSIBLE) expect(await behindProxy.read(id, { headers })).toEqual(unasked);
  expect(await behindProxy.call('read', { headers })).toEqual(unasked);
  expect(proxy.seen()).toBe(asked);
});

describe('If-None-Match', () => {
  const ask = async (id: string, tag: string) =>
    api.read(id, { headers: { 'if-none-match': tag } });

  test.each(['%', 'W/%', '"x", %', 'W/"x",%,"y"', '"a,b", W/%', '*'])(
    'with %s is a 304 without a body',
    async (form) => {
      const id = await submitted();
      const { etag = '' } = (await api.read(id)).headers;
      const answer = await ask(id, form.replace('%', etag));
      expect([answer.status, answer.text]).toEqual([304, '']);
      expect(answer.headers).toStrictEqual({
        etag,
        'cache-control': 'private, no-cache',
        'x-redis-commands': '2',
        'x-request-id': expect.any(String),
      });
    },
  );

  test('with another tag is a 200', async () => {
    const id = await submitted();
    const { etag = '' } = (await api.read(id)).headers;
    for (const tag of ['', '"x"', etag.slice(1, -1), etag.replace(/"$/, 'x"'), '"*"']) {
      expect((await ask(id, tag)).status).toBe(200);
    }
  });

  test('the tag changes with the order, and with what the reader may see', async () => {
    const id = await submitted();
    const tagOf = ({ headers }: Answer) => headers.etag;
    const queued = tagOf(await api.read(id));
    expect(tagOf(await api.read(id))).toBe(queued);
    expect(tagOf(await api.read(id, { as: 'admin' }))).not.toBe(queued);
    await claimReady(api.store);
    expect(tagOf(await api.read(id))).not.toBe(queued);
  });
});

test.each(['order', 'state'] as const)(
  'an order whose %s record is broken is a 500 that says nothing of it',
  async (record) => {
    const id = await submitted();
    await api.redis.set(api.store.keys[record](id), '{"canary":');
    const answer = await api.read(id);
    expect(answer).toMatchObject({ status: 500, body: { type: '/problems/internal' } });
    expect(answer.text).not.toContain('canary');
  },
);
