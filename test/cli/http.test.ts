import { expect, test } from 'vitest';
import { apiOver } from '../../cli/api.ts';
import { sender } from '../../cli/http.ts';
import { type Answering, pretendServer, type Reply } from './pretend-server.ts';

const stats = {
  queued: 1,
  producing: 0,
  scheduled: 0,
  dead: 0,
  produced: 0,
  canceled: 0,
  oldestQueuedAgeMs: null,
  approximate: [],
};

/** An API whose waits pass at once and are written down. */
async function setup(answering: Answering, path = '') {
  const { url, received } = await pretendServer(answering);
  const waitsMs: number[] = [];
  const wait = async (delayMs: number) => waitsMs.push(delayMs);
  const settings = { url: new URL(path, url), key: 'a-key' };
  return { api: apiOver(sender(settings, { wait, random: () => 0.5 })), received, waitsMs };
}

/** The replies one after the other, the last one again and again. */
function inTurn(...replies: (Reply | 'reset')[]): Answering {
  let next = 0;
  return () => {
    const reply = replies[Math.min(next, replies.length - 1)];
    next += 1;
    return reply ?? 'reset';
  };
}

test('a 503 is waited out as long as Retry-After asks, and jitter on top', async () => {
  const busy = { status: 503, headers: { 'retry-after': '3' } };
  const { api, received, waitsMs } = await setup(inTurn(busy, busy, { status: 200, body: stats }));
  expect(await api.stats()).toEqual(stats);
  expect(received).toHaveLength(3);
  expect(waitsMs).toEqual([3100, 3200]);
});

test.each([429, 500, 502, 504])('a %i is tried again', async (status) => {
  const { api, waitsMs } = await setup(inTurn({ status }, { status: 200, body: stats }));
  expect(await api.stats()).toEqual(stats);
  expect(waitsMs).toEqual([100]);
});

test('a fault that lasts is given up after a bounded number of tries, with the server’s words', async () => {
  const { api, received } = await setup(
    inTurn({ status: 503, body: { detail: 'Redis is full.' } }),
  );
  await expect(api.stats()).rejects.toThrow(/answered 503 the last of 10 times: Redis is full\./);
  expect(received).toHaveLength(10);
});

test('a server that never answered is given up soon, with the address to check', async () => {
  const { api, received } = await setup(inTurn('reset'));
  await expect(api.stats()).rejects.toThrow(/Cannot reach the API at http.*SLUICE_URL/s);
  expect(received).toHaveLength(3);
});

test('a wait that is stopped ends the request', async () => {
  const { url, received } = await pretendServer(inTurn({ status: 503 }));
  const stop = new AbortController();
  const wait = async (_delayMs: number, signal: AbortSignal | undefined) => {
    stop.abort();
    signal?.throwIfAborted();
  };
  const api = apiOver(sender({ url, key: 'k' }, { wait, random: () => 0 }));
  const orders = [{ idempotencyKey: 'k', order: {} }];
  const submitted = api.submitBatch({ orders, stop: stop.signal });
  await expect(submitted).rejects.toMatchObject({ name: 'AbortError' });
  expect(received).toHaveLength(1);
});

test('a key that the server does not know, or that may not do this, is told at once', async () => {
  const unknown = await setup(inTurn({ status: 401 }));
  await expect(unknown.api.stats()).rejects.toThrow(/does not know the key in SLUICE_KEY/);
  expect(unknown.received).toHaveLength(1);
  const forbidden = await setup(inTurn({ status: 403, body: { detail: 'No \u001b[2Jscope.' } }));
  await expect(forbidden.api.stats()).rejects.toThrow(
    /403\): No \\u001b\[2Jscope\..*orders:admin/s,
  );
});

test.each([
  ['another site’s page', { status: 200, body: '<html>' }],
  [
    'a redirect, which is not followed with the key',
    { status: 302, headers: { location: '/elsewhere' } },
  ],
  ['a path that is no route', { status: 404, body: { message: 'Not Found' } }],
])('what is not the API is told by its answer: %s', async (_name, reply) => {
  const { api, received } = await setup(inTurn(reply));
  await expect(api.stats()).rejects.toThrow(/SLUICE_URL/);
  expect(received).toHaveLength(1);
});

test('an order’s id cannot lead to another path', async () => {
  const { api, received } = await setup(inTurn({ status: 404 }));
  expect(await api.getOrder('../stats?x')).toEqual({ kind: 'not-found' });
  expect(received[0]?.path).toBe('/orders/..%2Fstats%3Fx');
});

test('a drain that another one keeps out is told from one that ran', async () => {
  const report = { claimed: 2, produced: 1, retried: 1, dead: 0, remaining: 4 };
  const { api } = await setup(inTurn({ status: 409 }, { status: 200, body: report }));
  expect(await api.drain()).toEqual({ kind: 'locked' });
  expect(await api.drain()).toEqual({ kind: 'drained', report });
});
