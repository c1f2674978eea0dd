import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../lib/client/client.ts';
import * as errors from '../../lib/client/errors.ts';
import type { Fetch } from '../../lib/client/platform.ts';
import { secondsIn } from '../../lib/client/problem.ts';
import { resendDelayMs } from '../../lib/client/retry.ts';
import { type Answering, pretendServer } from '../support/pretend-server.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { inTurn, ok, pretendApi, stats } from './pretend-api.ts';

const { NotFound, TooManyRequests, Unauthorized, Unavailable, UnexpectedAnswer, Unreachable } =
  errors;

describe('the delay before another try', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('has full jitter and grows with the tries, up to 20 seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), random, (tries, chance) => {
        const delayMs = resendDelayMs(tries, 0, chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(20_000, 200 * 2 ** (tries - 1)));
      }),
    );
  });

  test('obeys Retry-After up to a minute', () => {
    expect(resendDelayMs(1, 7, 0)).toBe(7000);
    expect(resendDelayMs(1, 86_400, 0)).toBe(60_000);
    expect(secondsIn('7')).toBe(7);
    for (const text of [
      '',
      '-1',
      '1.5',
      'soon',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      '9'.repeat(400),
    ]) {
      expect(secondsIn(text), text).toBeUndefined();
    }
  });
});

test('a 503 is waited out for as long as Retry-After asks, plus jitter', async () => {
  const busy = { status: 503, headers: { 'retry-after': '3' } };
  const { client, received, sleptMs } = await pretendApi(inTurn(busy, busy, ok));
  expect(await client.stats()).toEqual(stats);
  expect(received).toHaveLength(3);
  expect(sleptMs).toEqual([3100, 3200]);
});

test.each([429, 500, 502, 504])('a %i is tried again', async (status) => {
  const { client, sleptMs } = await pretendApi(inTurn({ status }, ok));
  expect(await client.stats()).toEqual(stats);
  expect(sleptMs).toEqual([100]);
});

test('a fault that lasts is given up after ten tries, with the server’s words', async () => {
  const full = { status: 503, body: { detail: 'Redis is full.' } };
  const { client, received } = await pretendApi(inTurn(full));
  const asked = client.stats();
  await expect(asked).rejects.toThrow(Unavailable);
  await expect(asked).rejects.toThrow(/answered 503 the last of 10 times: Redis is full\./);
  expect(received).toHaveLength(10);
});

test('a server that never answered can be given up sooner than one that did', async () => {
  const options = { triesUnansweredMax: 3 };
  const silent = await pretendApi(inTurn('reset'), options);
  await expect(silent.client.stats()).rejects.toThrow(Unreachable);
  await expect(silent.client.stats()).rejects.toMatchObject({ hasAnswered: false });
  expect(silent.received).toHaveLength(6);
  const known = await pretendApi(inTurn(ok, 'reset'), options);
  await known.client.stats();
  await expect(known.client.stats()).rejects.toMatchObject({ hasAnswered: true });
  expect(known.received).toHaveLength(11);
});

test('no wait is begun that would end after the time for the whole call', async () => {
  const busy = { status: 429, headers: { 'retry-after': '20' } };
  const { client, received, sleptMs } = await pretendApi(inTurn(busy), { timeoutMs: 50_000 });
  const problem = { status: 429, retryAfterS: 20 };
  await expect(client.stats()).rejects.toMatchObject({ name: 'TooManyRequests', problem });
  expect(received).toHaveLength(3);
  expect(sleptMs).toEqual([20_100, 20_200]);
  await expect(client.stats({ timeoutMs: 10_000 })).rejects.toThrow(TooManyRequests);
  expect(received).toHaveLength(4);
});

test('a try that is not answered in time is ended, and another one made', async () => {
  const clock = steppedClock(0);
  let requests = 0;
  const answering: Answering = async () => {
    requests += 1;
    if (requests > 1) return ok;
    clock.step(30_000);
    return await new Promise<never>(() => {});
  };
  const { client, received } = await pretendApi(answering, { clock });
  expect(await client.stats()).toEqual(stats);
  expect(received).toHaveLength(2);
});

test('an answer whose body does not end is ended in time too', async () => {
  const clock = steppedClock(0);
  const fetch: Fetch = async (_url, { signal }) => ({
    status: 200,
    headers: new Headers(),
    text: () =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        clock.step(30_000);
      }),
  });
  const { client } = await pretendApi(inTurn(ok), { clock, fetch, triesUnansweredMax: 1 });
  await expect(client.stats()).rejects.toThrow(/no answer within 30 s/);
});

test('an abort ends a request under way, and a wait, with the reason of the signal', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const underWay = await pretendApi(async () => {
    abort.abort(reason);
    return await new Promise<never>(() => {});
  });
  await expect(underWay.client.stats({ signal: abort.signal })).rejects.toBe(reason);
  await expect(underWay.client.stats({ signal: abort.signal })).rejects.toBe(reason);
  expect(underWay.received).toHaveLength(1);

  const later = new AbortController();
  const { url, received } = await pretendServer(inTurn({ status: 503 }));
  const clock = steppedClock(0);
  const after: typeof clock.after = (delayMs, call) => {
    if (delayMs < 30_000) queueMicrotask(() => later.abort(reason));
    return clock.after(delayMs, call);
  };
  const client = createClient({ url, key: 'k', clock: { now: clock.now, after } });
  await expect(client.stats({ signal: later.signal })).rejects.toBe(reason);
  expect(received).toHaveLength(1);
});

test.each([
  ['is waited for', ok],
  ['is not tried again', { status: 503 }],
])('after a stop nothing more is sent, and a request under way %s', async (_, reply) => {
  const stop = new AbortController();
  const { client, received } = await pretendApi(() => {
    stop.abort();
    return reply;
  });
  const aborted = { name: 'AbortError' };
  const underWay = client.stats({ stop: stop.signal });
  if (reply === ok) expect(await underWay).toEqual(stats);
  else await expect(underWay).rejects.toMatchObject(aborted);
  await expect(client.stats({ stop: stop.signal })).rejects.toMatchObject(aborted);
  expect(received).toHaveLength(1);
});

type Api = Awaited<ReturnType<typeof pretendApi>>['client'];

test.each([
  ['a drain', (api: Api) => api.drain()],
  ['a redrive', (api: Api) => api.redrive('ord_1')],
  ['a redrive of many', (api: Api) => api.redriveDeadLetters({ limit: 5 })],
])('%s is sent again only if it was surely not done', async (_name, call) => {
  for (const reply of ['reset', { status: 503 }, { status: 504 }] as const) {
    const { client, received } = await pretendApi(inTurn(reply));
    await expect(call(client)).rejects.toThrow(reply === 'reset' ? Unreachable : Unavailable);
    expect(received).toHaveLength(1);
  }
  const { client, received } = await pretendApi(inTurn({ status: 429 }, { status: 401 }));
  await expect(call(client)).rejects.toThrow(Unauthorized);
  expect(received).toHaveLength(2);
});

test.each([
  [400, 'invalid-query', errors.InvalidRequest],
  [401, 'unauthorized', Unauthorized],
  [403, 'forbidden', errors.Forbidden],
  [404, 'not-found', NotFound],
  [409, 'drain-running', errors.Conflict],
  [413, 'body-too-large', errors.InvalidRequest],
  [415, 'unsupported-media-type', errors.InvalidRequest],
  [422, 'idempotency-key-reused', errors.KeyReused],
])('a %i has an error of its own, with the problem', async (status, type, Meant) => {
  const all = {
    status,
    type: `/problems/${type}`,
    detail: 'D',
    errors: [{ pointer: '', detail: 'b' }],
  };
  const headers = { 'x-request-id': 'r-1' };
  const { client, received } = await pretendApi(inTurn({ status, body: all, headers }));
  const error = await client.stats().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Meant);
  expect((error as errors.Refused).problem).toEqual({ ...all, requestId: 'r-1' });
  expect(received).toHaveLength(1);
});

test.each([
  ['another site’s page', { status: 200, body: '<html>' }],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
  ['the 404 of a path that is no route', { status: 404, body: { message: 'Not Found' } }],
])('%s is not an answer of the API', async (_name, reply) => {
  const { client, received } = await pretendApi(inTurn(reply));
  await expect(client.stats()).rejects.toThrow(UnexpectedAnswer);
  expect(received).toHaveLength(1);
});

test('members that a later version adds are returned, and an id leads to no other path', async () => {
  const newer = await pretendApi(inTurn({ status: 200, body: { ...stats, shards: 3 } }));
  expect(await newer.client.stats()).toEqual({ ...stats, shards: 3 });
  const body = { type: '/problems/not-found' };
  const { client, received } = await pretendApi(inTurn({ status: 404, body }));
  await expect(client.get('../stats?x')).rejects.toThrow(NotFound);
  expect(received[0]?.path).toBe('/orders/..%2Fstats%3Fx');
});

test.each([
  ...['ftp://x', 'https://user:secret@x', 'nonsense'].map((url) => ({ url, key: 'k' })),
  ...['', 'a b', 'a\n', 'é'].map((key) => ({ url: 'https://x', key })),
])('no client is made with %j', (options) => {
  expect(() => createClient(options)).toThrow(TypeError);
});
