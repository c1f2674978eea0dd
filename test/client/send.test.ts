import { expect, test } from 'vitest';
import { createClient } from '../../lib/client/client.ts';
import {
  NotFound,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  Unreachable,
} from '../../lib/client/errors.ts';
import type { Fetch } from '../../lib/client/platform.ts';
import { type Answering, pretendServer } from '../support/pretend-server.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { inTurn, ok, pretendApi, stats } from './pretend-api.ts';

test('a 503 is waited out as long as Retry-After asks, and jitter on top', async () => {
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

test('a fault that lasts is given up after a bounded number of tries, with the server’s words', async () => {
  const full = { status: 503, body: { detail: 'Redis is full.' } };
  const { client, received } = await pretendApi(inTurn(full));
  const asked = client.stats();
  await expect(asked).rejects.toThrow(Unavailable);
  await expect(asked).rejects.toThrow(/answered 503 the last of 10 times: Redis is full\./);
  expect(received).toHaveLength(10);
});

test('a server that never answered may be given up sooner than one that did', async () => {
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
  await expect(client.stats()).rejects.toMatchObject({
    name: 'TooManyRequests',
    problem: { status: 429, retryAfterS: 20 },
  });
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

test('an answer whose end does not come is ended in time too', async () => {
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

test('after a stop nothing more is sent, and what is under way is waited for', async () => {
  const stop = new AbortController();
  const answered = await pretendApi(() => {
    stop.abort();
    return ok;
  });
  expect(await answered.client.stats({ stop: stop.signal })).toEqual(stats);
  await expect(answered.client.stats({ stop: stop.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(answered.received).toHaveLength(1);

  const between = new AbortController();
  const busy = await pretendApi(() => {
    between.abort();
    return { status: 503 };
  });
  await expect(busy.client.stats({ stop: between.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(busy.received).toHaveLength(1);
});

test.each([
  ['a drain', (api: Api) => api.drain()],
  ['a redrive', (api: Api) => api.redrive('ord_1')],
  ['a redrive of many', (api: Api) => api.redriveDeadLetters({ limit: 5 })],
])(
  '%s is not sent again where it may have been done, but where it was not',
  async (_name, call) => {
    for (const reply of ['reset', { status: 503 }, { status: 504 }] as const) {
      const { client, received } = await pretendApi(inTurn(reply));
      await expect(call(client)).rejects.toThrow(reply === 'reset' ? Unreachable : Unavailable);
      expect(received).toHaveLength(1);
    }
    const { client, received } = await pretendApi(inTurn({ status: 429 }, { status: 401 }));
    await expect(call(client)).rejects.toThrow(Unauthorized);
    expect(received).toHaveLength(2);
  },
);

type Api = Awaited<ReturnType<typeof pretendApi>>['client'];

test('what a later version of the API adds is handed on', async () => {
  const { client } = await pretendApi(inTurn({ status: 200, body: { ...stats, shards: 3 } }));
  expect(await client.stats()).toEqual({ ...stats, shards: 3 });
});

test('an order’s id cannot lead to another path', async () => {
  const body = { type: '/problems/not-found' };
  const { client, received } = await pretendApi(inTurn({ status: 404, body }));
  await expect(client.get('../stats?x')).rejects.toThrow(NotFound);
  expect(received[0]?.path).toBe('/orders/..%2Fstats%3Fx');
});

test.each(['ftp://x', 'https://user:secret@x', 'nonsense'])('%s is no address of an API', (url) => {
  expect(() => createClient({ url, key: 'k' })).toThrow(TypeError);
});

test('what no header can carry is no key', () => {
  for (const key of ['', 'a b', 'a\n', 'é']) {
    expect(() => createClient({ url: 'https://x', key }), key).toThrow(TypeError);
  }
});
