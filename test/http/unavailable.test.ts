import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { orderBody } from '../support/orders.ts';
import { type Answer, deploy } from './deployment.ts';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const answering = (status: number, body: string): Fate => {
  return (response) => void response.writeHead(status).end(body);
};
const HTML = '<html><body>Bad gateway</body></html>';

const FAULTS: Record<string, Fate> = {
  'resets the connection': 'lose-request',
  'resets the connection after the commit': 'lose-reply',
  'answers half a body': 'half',
  'answers an HTML page': answering(502, HTML),
  'answers an HTML page with 200': answering(200, HTML),
  'answers nothing with 200': answering(200, ''),
  'answers 401': answering(401, '{"error":"Unauthorized"}'),
  'answers 429': answering(429, '{"error":"ERR max requests limit exceeded"}'),
  'answers 429 without JSON': answering(429, 'Too Many Requests'),
  'answers 500': answering(500, '{"error":"ERR internal"}'),
  'answers 500 with JSON that names no error': answering(500, '{"message":"no"}'),
  'answers 503 with null': answering(503, 'null'),
  'is full': answering(
    400,
    '{"error":"OOM command not allowed when used memory > \'maxmemory\'."}',
  ),
};

function expectUnavailable(answer: Answer) {
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: '/problems/store-unavailable', status: 503 });
  expect(answer.text).not.toMatch(/evalsha|hgetall|<html|ERR|OOM|UND_|ECONN|127\.0\.0\.1/i);
}

describe.each(Object.entries(FAULTS))('where Redis %s', (_, fault) => {
  test('a submit is 503 and says that it is safe to repeat; the repeat makes one order', async () => {
    let fate: Fate = fault;
    await using proxy = await faultyProxy(inject('upstash'), () => fate);
    const api = await deploy(proxy);
    const answer = await api.submit(orderBody(), { key: 'same' });
    expectUnavailable(answer);
    expect(answer.body.detail).toMatch(/unknown.*safe to repeat/);
    fate = 'pass';
    const repeat = await api.submit(orderBody(), { key: 'same' });
    expect(repeat.status).toBe(202);
    expect((await api.submit(orderBody(), { key: 'same' })).text).toBe(repeat.text);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  });

  test('a read, the counts and a drain are 503', async () => {
    let fate: Fate = 'pass';
    await using proxy = await faultyProxy(inject('upstash'), () => fate);
    const api = await deploy(proxy);
    const { body } = await api.submit(orderBody());
    fate = fault;
    expectUnavailable(await api.read(String(body.id)));
    expectUnavailable(await api.call('stats'));
    expectUnavailable(await api.call('drain'));
  });
});

test('where nothing listens, a submit is 503, and the repeat makes one order', async () => {
  const proxy = await faultyProxy(inject('upstash'), () => 'pass');
  await proxy[Symbol.asyncDispose]();
  const broken = await deploy(proxy);
  expectUnavailable(await broken.submit(orderBody(), { key: 'same' }));
  const mended = await deploy(inject('upstash'), { SLUICE_PREFIX: broken.prefix });
  expect((await mended.submit(orderBody(), { key: 'same' })).status).toBe(202);
  expect(await mended.counts()).toEqual({ kept: 1, queued: 1 });
});

test('where the token is wrong, a submit is 503 and writes nothing', async () => {
  const api = await deploy({ ...inject('upstash'), token: 'canary-token' });
  const answer = await api.submit(orderBody());
  expectUnavailable(answer);
  expect(answer.text).not.toContain('canary');
  expect(await api.keys()).toEqual([]);
});

const HANGS: Record<string, Fate> = {
  'never answers': 'hang',
  'answers with a head only': (response) => void response.writeHead(200).flushHeaders(),
  'stops in the middle of its answer': (response) => {
    response.writeHead(200).write('{"result":[');
  },
};

/** Makes all deadlines due soon, and tells how long they would have been together. */
function shortenDeadlines(): { totalMs: () => number } {
  const timeout = AbortSignal.timeout;
  let totalMs = 0;
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    totalMs += ms;
    return timeout(25);
  });
  return { totalMs: () => totalMs };
}

test.each(Object.entries(HANGS))(
  'where Redis %s, a submit is 503 within 3 s, and the repeat makes one order',
  async (_, hang) => {
    let fate: Fate = hang;
    await using proxy = await faultyProxy(inject('upstash'), () => fate);
    const api = await deploy(proxy);
    const deadlines = shortenDeadlines();
    expectUnavailable(await api.submit(orderBody(), { key: 'same' }));
    expect(proxy.seen()).toBe(2);
    // What is left of the 3 s is for the pause between the tries.
    expect(deadlines.totalMs()).toBeGreaterThan(0);
    expect(deadlines.totalMs()).toBeLessThan(2_800);
    vi.mocked(AbortSignal.timeout).mockRestore();
    fate = 'pass';
    expect((await api.submit(orderBody(), { key: 'same' })).status).toBe(202);
    expect(await api.counts()).toEqual({ kept: 1, queued: 1 });
  },
);

test.each(['read', 'stats', 'drain'] as const)(
  'where Redis hangs, %s is 503 within 3 s',
  async (route) => {
    await using proxy = await faultyProxy(inject('upstash'), () => 'hang');
    const api = await deploy(proxy);
    const deadlines = shortenDeadlines();
    expectUnavailable(await api.call(route, { id: `ord_${'0'.repeat(32)}` }));
    expect(deadlines.totalMs()).toBeGreaterThan(0);
    expect(deadlines.totalMs()).toBeLessThan(2_800);
  },
);

test('a fault that passes within the deadline is not seen', async () => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 0 ? 'lose-request' : 'pass',
  );
  const api = await deploy(proxy);
  expect((await api.submit(orderBody())).status).toBe(202);
});
