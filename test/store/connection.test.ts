import { expect, inject, test } from 'vitest';
import { StoreFault, StoreUnavailable } from '../../lib/queue/errors.ts';
import { connect } from '../../lib/redis/client.ts';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { claimRequest, newOrder } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const html: Fate = (response) => void response.writeHead(502).end('<html>Bad gateway</html>');
const answering = (status: number, body: string): Fate => {
  return (response) => void response.writeHead(status).end(body);
};

const FAULTS: [string, Fate][] = [
  ['a lost request', 'lose-request'],
  ['a lost reply', 'lose-reply'],
  ['half a reply', 'half'],
  ['an HTML page', html],
  ['an HTML page with 200', answering(200, '<html>Hello</html>')],
  ['an empty reply', answering(200, '')],
  ['JSON that is no reply', answering(200, '{}')],
  ['429', answering(429, '{"error":"ERR max requests limit exceeded"}')],
  ['500', answering(500, '{"error":"ERR internal"}')],
  ['a database that is full', answering(400, '{"error":"OOM command not allowed"}')],
];

test.each(FAULTS)('a submit is repeated after %s, and there is one order', async (_, fate) => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 0 ? fate : 'pass',
  );
  const store = freshStore(proxy);
  const answer = await store.submit(newOrder('a'));
  expect(answer.kind === 'accepted' || answer.kind === 'known').toBe(true);
  expect(await store.redis.lrange(store.keys.queue, 0, -1)).toHaveLength(1);
});

test.each(FAULTS)('a claim is not repeated after %s: its orders come back', async (_, fate) => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 1 ? fate : 'pass',
  );
  const store = freshStore(proxy);
  await store.submit(newOrder('a'));
  const before = proxy.seen();
  await expect(store.claim(claimRequest())).rejects.toThrow(StoreUnavailable);
  expect(proxy.seen() - before).toBe(1);
  const later = claimRequest({ nowMs: claimRequest().nowMs + 60_000 });
  expect((await store.claim(later)).orders).toHaveLength(1);
});

test('a request that arrives twice leaves one order and one settlement', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'repeat');
  const store = freshStore(proxy);
  const order = newOrder('a');
  expect(await store.submit(order)).toMatchObject({ kind: 'known' });
  expect(await store.redis.llen(store.keys.queue)).toBe(1);
});

test('a settle whose reply was lost is repeated and answers that it stands', async () => {
  const fates: Fate[] = ['pass', 'pass', 'lose-reply'];
  await using proxy = await faultyProxy(
    inject('upstash'),
    ({ body }) => (/"evalsha"|"eval"/i.test(body) ? fates.shift() : 'pass') ?? 'pass',
  );
  const store = freshStore(proxy);
  const order = newOrder('a');
  await store.redis.scriptLoad('return 1');
  await store.submit(order);
  const { token } = await store.claim(claimRequest());
  expect(await store.settle(token, [{ id: order.id, kind: 'produced' }], 1)).toEqual([true]);
  expect(fates).toEqual([]);
});

test('a Redis that hangs is unavailable once the deadline has passed', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'hang');
  const client = connect({ ...proxy, timeoutMs: 50, sendsMax: 2, random: () => 0 });
  await expect(client.repeatedly((redis) => redis.get('x'))).rejects.toThrow('in time');
  expect(proxy.seen()).toBe(2);
});

test('a try has one deadline, however many requests it takes', async () => {
  const client = connect({ ...inject('upstash'), timeoutMs: 50, sendsMax: 1, random: () => 0 });
  await expect(client.once(() => new Promise(() => undefined))).rejects.toThrow('in time');
});

test.each(['{"result":null}', '{"result":"x"}', '{"result":1}'])(
  'an answer that no script gives is unavailable, and is not taken for one: %s',
  async (body) => {
    await using proxy = await faultyProxy(inject('upstash'), () => answering(200, body));
    const store = freshStore(proxy);
    await expect(store.submit(newOrder('a'))).rejects.toThrow(StoreUnavailable);
    await expect(store.claim(claimRequest())).rejects.toThrow(StoreUnavailable);
  },
);

test('a transaction that is answered with nothing is unavailable', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => answering(200, '[]'));
  await expect(freshStore(proxy).read(newOrder('a').id, 0)).rejects.toThrow(StoreUnavailable);
});

test('an order whose key holds the wrong type is a fault, and not an order that is missing', async () => {
  const store = freshStore();
  const { id } = newOrder('a');
  await store.redis.set(store.keys.order(id), 'a string');
  await expect(store.read(id, 0)).rejects.toThrow(StoreFault);
});

test('a Redis that nothing listens for is unavailable, with the cause named', async () => {
  const proxy = await faultyProxy(inject('upstash'), () => 'pass');
  await proxy[Symbol.asyncDispose]();
  const client = connect({ ...proxy, timeoutMs: 5_000, sendsMax: 2, random: () => 0 });
  await expect(client.once((redis) => redis.get('x'))).rejects.toThrow(
    expect.objectContaining({ name: 'StoreUnavailable', message: expect.stringMatching('ECONN') }),
  );
});

test('an error says nothing of the command that failed, which holds order data', async () => {
  const store = freshStore();
  const order = newOrder('a', { submission: { customer: 'canary-customer' } });
  await store.redis.set(store.keys.order(order.id), 'a string');
  const error = await store.submit(order).catch((thrown: Error) => thrown);
  const told = JSON.stringify([String(error), (error as Error).stack, (error as Error).cause]);
  expect(told).toContain('WRONGTYPE');
  expect(told).not.toContain('canary');
});
