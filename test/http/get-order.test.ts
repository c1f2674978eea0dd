import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { lambdaContext } from '../support/functions.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  api = await deploy();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function submitted(overrides: Record<string, unknown> = {}): Promise<string> {
  return String((await api.submit(orderBody(overrides))).body.id);
}

test('an order is read as it was submitted, with its state', async () => {
  const line = { sku: '85123A', quantity: 6, unitAmount: 255, description: 'heart\tT-light' };
  const given = { lines: [line], reference: '536365', metadata: { channel: 'web', note: '' } };
  const id = await submitted(given);
  const answer = await api.read(id);
  expect(answer.status).toBe(200);
  expect(answer.body).toStrictEqual({
    id,
    status: 'queued',
    customer: '17850',
    currency: 'GBP',
    totalAmount: 1_530,
    acceptedAt: '2026-11-22T13:37:00.000Z',
    ...given,
    attempts: 0,
    updatedAt: '2026-11-22T13:37:00.000Z',
  });
  expect(answer.headers).toStrictEqual({
    'content-type': 'application/json',
    'cache-control': 'private, no-cache',
    etag: expect.stringMatching(/^"[\x21\x23-\x7e]+"$/),
    'x-request-id': expect.any(String),
  });
});

test('a produced order has its number, and when it was produced', async () => {
  const id = await submitted();
  vi.setSystemTime(NOW_MS + 5_000);
  await api.schedule({ slot: 0 }, lambdaContext());
  expect((await api.read(id)).body).toMatchObject({
    status: 'produced',
    attempts: 1,
    orderNumber: 1,
    acceptedAt: '2026-11-22T13:37:00.000Z',
    producedAt: '2026-11-22T13:37:05.000Z',
    updatedAt: '2026-11-22T13:37:05.000Z',
  });
});

test('an order that is leased is producing', async () => {
  const id = await submitted();
  await api.redis.hset(`${api.prefix}order_owners`, { [id]: '7:2' });
  expect((await api.read(id)).body).toMatchObject({ status: 'producing', attempts: 2 });
});

describe('who may read an order', () => {
  test('its client, with any key that may read', async () => {
    const id = await submitted();
    for (const as of ['shop', 'reader'] as const) {
      const { status, body } = await api.read(id, { as });
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('client');
    }
  });

  test('an admin, who sees whose it is', async () => {
    const ours = await submitted();
    const theirs = String((await api.submit(orderBody(), { as: 'other' })).body.id);
    expect((await api.read(ours, { as: 'admin' })).body.client).toBe('shop');
    expect((await api.read(theirs, { as: 'admin' })).body.client).toBe('other');
  });

  test("nobody else: another client's order cannot be told from one that is missing", async () => {
    const id = await submitted();
    const options = { as: 'other' as const, headers: { 'x-request-id': 'same' } };
    const theirs = await api.read(id, options);
    const missing = await api.read(`ord_${'0'.repeat(32)}`, options);
    expect(theirs.status).toBe(404);
    expect(theirs).toEqual(missing);
    const conditional = { 'x-request-id': 'same', 'if-none-match': '*' };
    expect(await api.read(id, { ...options, headers: conditional })).toEqual(missing);
  });
});

const IMPOSSIBLE = {
  empty: '',
  'too short': `ord_${'0'.repeat(31)}`,
  'too long': `ord_${'0'.repeat(33)}`,
  'of another alphabet': `ord_${'w'.repeat(32)}`,
  'in upper case': `ORD_${'0'.repeat(32)}`,
  'with a line feed': `ord_${'0'.repeat(32)}\n`,
  'with a NUL': `ord_${'0'.repeat(31)}\0`,
  'with CR and LF': 'a\r\nb',
  'a pattern': 'ord_*',
  'a hash tag': '{ord}',
  'the name of a key': 'order_queue',
  'a path': '../order_queue',
  'of 32 KB': 'x'.repeat(32_768),
  __proto__: '__proto__',
};

test.each(Object.entries(IMPOSSIBLE))('an id that is %s is a 404 like any other', async (_, id) => {
  await submitted();
  const before = await api.keys();
  const headers = { 'x-request-id': 'same' };
  const missing = await api.read(`ord_${'0'.repeat(32)}`, { headers });
  expect(missing.status).toBe(404);
  expect(missing.body).toMatchObject({
    type: '/problems/not-found',
    status: 404,
    instance: 'same',
  });
  expect(await api.read(id, { headers })).toEqual(missing);
  expect(await api.keys()).toEqual(before);
});

test('an id that no order can have is a 404 without asking Redis', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'pass');
  const behindProxy = await deploy(proxy);
  for (const id of Object.values(IMPOSSIBLE)) {
    expect((await behindProxy.read(id)).status).toBe(404);
  }
  expect(proxy.seen()).toBe(0);
});

test('a request without an id is a 404', async () => {
  expect((await api.call('read')).status).toBe(404);
});

describe('If-None-Match', () => {
  const FORMS: Record<string, (tag: string) => string> = {
    'the tag': (tag) => tag,
    'the tag as a weak one': (tag) => `W/${tag}`,
    'a list with the tag': (tag) => `"x", ${tag}`,
    'a list without spaces': (tag) => `W/"x",${tag},"y"`,
    'a list whose other tag has a comma in it': (tag) => `"a,b", W/${tag}`,
    'a star': () => '*',
  };

  test.each(Object.entries(FORMS))('with %s is 304 without a body', async (_, form) => {
    const id = await submitted();
    const { headers } = await api.read(id);
    const answer = await api.read(id, { headers: { 'if-none-match': form(headers.etag ?? '') } });
    expect(answer.status).toBe(304);
    expect(answer.text).toBe('');
    expect(answer.headers).toStrictEqual({
      etag: headers.etag,
      'cache-control': 'private, no-cache',
      'x-request-id': expect.any(String),
    });
  });

  const OTHERS: Record<string, (tag: string) => string> = {
    nothing: () => '',
    'another tag': () => '"x"',
    'the tag without its quotes': (tag) => tag.slice(1, -1),
    'the tag and more': (tag) => tag.replace(/"$/, 'x"'),
    'a quoted star': () => '"*"',
  };

  test.each(Object.entries(OTHERS))('with %s is 200', async (_, form) => {
    const id = await submitted();
    const { headers } = await api.read(id);
    const answer = await api.read(id, { headers: { 'if-none-match': form(headers.etag ?? '') } });
    expect(answer.status).toBe(200);
  });

  test('the tag changes as the order does, and with what the reader may see', async () => {
    const id = await submitted();
    const tagOf = ({ headers }: Answer) => headers.etag;
    const queued = tagOf(await api.read(id));
    expect(tagOf(await api.read(id))).toBe(queued);
    expect(tagOf(await api.read(id, { as: 'admin' }))).not.toBe(queued);
    await api.schedule({ slot: 0 }, lambdaContext());
    expect(tagOf(await api.read(id))).not.toBe(queued);
  });
});

test('a hash that is not that of an order is a 500 that says nothing of it', async () => {
  const id = await submitted();
  await api.redis.hset(`${api.prefix}order:${id}`, { lines: 'canary', status: 'canary' });
  const answer = await api.read(id);
  expect(answer.status).toBe(500);
  expect(answer.body).toMatchObject({ type: '/problems/internal', status: 500 });
  expect(answer.text).not.toContain('canary');
});
