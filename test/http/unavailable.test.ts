import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, inject, test, vi } from 'vitest';
import { SERVICE_ERRORS } from '../../local/upstash/rules.ts';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { type Answer, deploy } from './deployment.ts';

const answering = (status: number, body: string): Fate => {
  return (response) => void response.writeHead(status).end(body);
};
const error = (text: string, status = 400) => answering(status, JSON.stringify({ error: text }));
const HTML = '<html><body>Bad gateway</body></html>';

const NO_ANSWER = /^Redis did not answer the request, or refused it\. /;
const UNREACHABLE = /^Redis could not be reached, or did not answer in time\. /;
const BUDGET =
  /^The database has used up its command budget\. Its operator must raise the budget\. /;

/** What Redis does, and what the caller is told. */
const FAULTS: Record<string, [Fate, RegExp]> = {
  'resets the connection': ['lose-request', UNREACHABLE],
  'resets the connection after the commit': ['lose-reply', UNREACHABLE],
  'answers half a body': ['half', UNREACHABLE],
  'answers an HTML page': [answering(502, HTML), UNREACHABLE],
  'answers an HTML page with 200': [answering(200, HTML), UNREACHABLE],
  'answers nothing with 200': [answering(200, ''), UNREACHABLE],
  'answers 429 without JSON': [answering(429, 'Too Many Requests'), UNREACHABLE],
  'answers 500': [error('ERR internal', 500), NO_ANSWER],
  'answers 500 without an error': [answering(500, '{"message":"no"}'), NO_ANSWER],
  'answers null': [answering(503, 'null'), UNREACHABLE],
  'refuses the token': [error(SERVICE_ERRORS.unauthorized, 401), NO_ANSWER],
  'is full': [error(SERVICE_ERRORS.databaseFull), /^The database is full\. Its operator must/],
  'has used up its requests': [error(SERVICE_ERRORS.requestsUsedUp), BUDGET],
  'has used up the requests of a day': [error(SERVICE_ERRORS.dailyRequestsUsedUp), BUDGET],
  'has a full record': [
    error(SERVICE_ERRORS.recordFull),
    /^A key .* size limit\. .* SLUICE_QUEUE_MAX/,
  ],
  'gets too many commands': [error('ERR too many requests', 429), /^The database receives more/],
};

function expectUnavailable(answer: Answer) {
  expect(answer).toMatchObject({
    status: 503,
    headers: {
      'retry-after': expect.stringMatching(/^[1-9]\d*$/),
      'content-type': 'application/problem+json',
    },
    body: { type: '/problems/store-unavailable', status: 503 },
  });
  expect(answer.text).not.toMatch(/evalsha|mget|<html|\bERR\b|upstash|UND_|ECONN|127\.0\.0\.1/i);
}

test.each(Object.entries(FAULTS))(
  'if Redis %s, a submit is a 503 that is safe to repeat, and its repeat makes one order',
  async (_, [fault, told]) => {
    let fate: Fate = fault;
    await using proxy = await faultyProxy(inject('upstash'), () => fate);
    const api = await deploy(proxy);
    const answer = await api.submit(orderBody(), { key: 'same' });
    expectUnavailable(answer);
    expect(answer.body.detail).toMatch(told);
    expect(answer.body.detail).toMatch(/is unknown\. It is safe to repeat/);
    fate = 'pass';
    const repeat = await api.submit(orderBody(), { key: 'same' });
    expect(repeat.status).toBe(202);
    expect((await api.submit(orderBody(), { key: 'same' })).text).toBe(repeat.text);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  },
);

const ADVICE = {
  read: /Try again after/,
  list: /Try again after/,
  deadLetters: /Try again after/,
  stats: /Try again after/,
  batch: /is unknown\. It is safe to repeat/,
  cancel: /is unknown\. It is safe to repeat/,
  redrive: /is unknown\. Check before/,
  redriveMany: /is unknown\. Check before/,
  drain: /is unknown\. Check before/,
} as const;

test.each(Object.entries(ADVICE) as [keyof typeof ADVICE, RegExp][])(
  'if Redis fails, %s is a 503 that says %s',
  async (route, advice) => {
    const [fault, told] = FAULTS['is full'] as [Fate, RegExp];
    await using proxy = await faultyProxy(inject('upstash'), () => fault);
    const api = await deploy(proxy);
    const orders = [orderBody({ idempotencyKey: 'k' })];
    const call = route === 'batch' ? { body: { orders } } : { id: `ord_${'0'.repeat(32)}` };
    const answer = await api.call(route, call);
    expectUnavailable(answer);
    expect(answer.body.detail).toMatch(told);
    expect(answer.body.detail).toMatch(advice);
  },
);

test('if nothing listens, a submit is a 503, and its repeat makes one order', async () => {
  const proxy = await faultyProxy(inject('upstash'), () => 'pass');
  await proxy[Symbol.asyncDispose]();
  const broken = await deploy(proxy);
  expectUnavailable(await broken.submit(orderBody(), { key: 'same' }));
  const fixed = await deploy(inject('upstash'), { SLUICE_PREFIX: broken.prefix });
  expect((await fixed.submit(orderBody(), { key: 'same' })).status).toBe(202);
  expect(await fixed.counts()).toEqual({ kept: 1, queued: 1 });
});

const HANGS: Record<string, Fate> = {
  'never answers': 'hang',
  'answers with headers only': (response) => void response.writeHead(200).flushHeaders(),
  'stops in the middle of its answer': (response) => void response.writeHead(200).write('{"res'),
};

const calls = new AsyncLocalStorage<{ deadlinesMs: number }>();

/** Calls with all deadlines due soon, and tells how long they would have been together. */
async function withShortDeadlines<T>(call: () => Promise<T>): Promise<[T, number]> {
  const timeout = AbortSignal.timeout;
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const ours = calls.getStore();
    // Whatever else runs in this process keeps its own.
    if (ours === undefined) return timeout.call(AbortSignal, ms);
    ours.deadlinesMs += ms;
    return timeout.call(AbortSignal, 25);
  });
  const ours = { deadlinesMs: 0 };
  try {
    return [await calls.run(ours, call), ours.deadlinesMs];
  } finally {
    vi.restoreAllMocks();
  }
}

test.each(Object.entries(HANGS))(
  'if Redis %s, a request is a 503 within 3 s, and the repeat of a submit makes one order',
  async (_, hang) => {
    let fate: Fate = hang;
    await using proxy = await faultyProxy(inject('upstash'), () => fate);
    const api = await deploy(proxy);
    for (const route of ['submit', 'read', 'cancel', 'stats'] as const) {
      const headers = { 'idempotency-key': 'same' };
      const body = route === 'submit' ? orderBody() : undefined;
      const request = { id: `ord_${'0'.repeat(32)}`, headers, body };
      const [answer, deadlinesMs] = await withShortDeadlines(() => api.call(route, request));
      expectUnavailable(answer);
      // What is left of the 3 s is for the pause between the two attempts.
      expect(deadlinesMs).toBeGreaterThan(0);
      // Stats ask for counts and for a pause at the same time.
      expect(deadlinesMs).toBeLessThan(route === 'stats' ? 2 * 2_800 : 2_800);
    }
    fate = 'pass';
    expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(202);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  },
);

test('a fault that passes within the deadline is not seen', async () => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 0 ? 'lose-request' : 'pass',
  );
  const api = await deploy(proxy);
  expect((await api.submit(orderBody())).status).toBe(202);
});

test('a submit to a full database leaves nothing behind, and its repeat is accepted', async () => {
  await using stack = await startStack({ rules: { databaseBytesMax: 1 } });
  const api = await deploy(stack, {}, stack);
  const answer = await api.submit(orderBody(), { key: 'same' });
  expectUnavailable(answer);
  expect(answer.body.detail).toMatch(/^The database is full/);
  expect(await api.keys()).toEqual([]);
  stack.rules.databaseBytesMax = Number.MAX_SAFE_INTEGER;
  expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(202);
});

test('a Redis that has forgotten its scripts is not noticed', async () => {
  await using stack = await startStack();
  const api = await deploy(stack, {}, stack);
  const first = await api.submit(orderBody(), { key: 'same' });
  for (const route of ['stats', 'drain'] as const) {
    await stack.admin('SCRIPT', 'FLUSH');
    expect((await api.call(route)).status).toBe(200);
  }
  await stack.admin('SCRIPT', 'FLUSH');
  expect((await api.submit(orderBody(), { key: 'same' })).text).toBe(first.text);
});

test('if a key holds another type, a submit is a 500 and keeps no order', async () => {
  const api = await deploy();
  const { clients, queue } = api.store.keys;
  for (const key of [queue('shop'), clients]) {
    await api.redis.set(key, 'a string');
    expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(500);
    await api.redis.del(key);
    expect((await api.counts()).kept).toBe(0);
  }
});
