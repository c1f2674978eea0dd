import { expect, inject, test } from 'vitest';
import { connect, failureIn } from '../../lib/store/connection.ts';
import { StoreFault, StoreUnavailable } from '../../lib/store/errors.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { SERVICE_ERRORS } from '../../local/upstash/rules.ts';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, freshStore, readOrder, submitAll, submitOne } from '../support/store.ts';
import { settlementsOf } from './settling.ts';

const answering = (status: number, body: string): Fate => {
  return (response) => void response.writeHead(status).end(body);
};

const FAULTS: [string, Fate][] = [
  ['a lost request', 'lose-request'],
  ['a lost reply', 'lose-reply'],
  ['half a reply', 'half'],
  ['an HTML page', answering(502, '<html>Bad gateway</html>')],
  ['an HTML page with 200', answering(200, '<html>Hello</html>')],
  ['an empty reply', answering(200, '')],
  ['JSON that is not a reply', answering(200, '{}')],
  ['a rate limit', answering(429, '{"error":"ERR too many requests"}')],
  ['500', answering(500, '{"error":"ERR internal"}')],
];

test.each(FAULTS)('a submit is repeated after %s, and there is one order', async (_, fate) => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index === 0 ? fate : 'pass',
  );
  const store = freshStore(proxy);
  const answer = await submitOne(store, newOrder('a'));
  expect(answer.kind === 'accepted' || answer.kind === 'known').toBe(true);
  expect(await store.redis.llen(store.keys.queue('shop'))).toBe(1);
});

test.each(FAULTS)('a claim is not repeated after %s: its orders come back', async (_, fate) => {
  const fates = [fate];
  await using proxy = await faultyProxy(inject('upstash'), ({ body }) =>
    body.includes('holder-of-this-claim') ? (fates.shift() ?? 'pass') : 'pass',
  );
  const store = freshStore(proxy);
  await submitOne(store, newOrder('a'));
  const before = proxy.seen();
  const claiming = claimReady(store, { clients: ['shop'], holder: 'holder-of-this-claim' });
  await expect(claiming).rejects.toThrow(StoreUnavailable);
  expect(proxy.seen() - before).toBe(1);
  const later = await claimReady(store, { clients: ['shop'], nowMs: NOW_MS + 60_000 });
  expect(later.leases).toHaveLength(1);
});

test.each(FAULTS)(
  'a settle that went out with a claim is sent again after %s, and the claim is not',
  async (_, fate) => {
    const fates = [fate];
    await using proxy = await faultyProxy(inject('upstash'), ({ body }) =>
      body.includes('holder-of-the-next') ? (fates.shift() ?? 'pass') : 'pass',
    );
    const store = freshStore(proxy);
    const orders = ['a', 'b'].map((key) => newOrder(key));
    await submitAll(store, orders);
    const claim = await claimReady(store, { clients: ['shop'], ordersMax: 1 });
    const settlements = await settlementsOf(store, claim);
    const request = { clients: ['shop'], ordersMax: 1, leaseMs: 30_000, nowMs: NOW_MS };
    const answer = await settleAndClaim(store, settlements, {
      ...request,
      holder: 'holder-of-the-next',
    });
    expect(answer).toEqual({ stands: [true] });
    expect(await readOrder(store, orders[0]?.id ?? '', NOW_MS)).toMatchObject({
      ...{ status: 'produced', orderNumber: 1 },
    });
  },
);

test('a Redis that hangs is unavailable once the deadline has passed', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'hang');
  const client = connect({ ...proxy, timeoutMs: 50, sendsMax: 2, random: () => 0 });
  await expect(client.repeatedly((redis) => redis.get('x'))).rejects.toThrow('in time');
  expect(proxy.seen()).toBe(2);
});

test('an attempt has one deadline, however many requests it takes', async () => {
  const client = connect({ ...inject('upstash'), timeoutMs: 50, sendsMax: 1, random: () => 0 });
  await expect(client.once(() => new Promise(() => undefined))).rejects.toThrow('in time');
});

test.each(['{"result":null}', '{"result":"x"}', '{"result":1}', '[]', '[{}]', '[{"result":"x"}]'])(
  'an answer that no script and no read gives is unavailable, and is not taken for one: %s',
  async (body) => {
    await using proxy = await faultyProxy(inject('upstash'), () => answering(200, body));
    const store = freshStore(proxy);
    await expect(submitOne(store, newOrder('a'))).rejects.toThrow(StoreUnavailable);
    await expect(claimReady(store, { clients: ['shop'] })).rejects.toThrow(StoreUnavailable);
    await expect(readOrder(store, newOrder('a').id, 0)).rejects.toThrow(StoreUnavailable);
  },
);

test('a Redis that cannot be reached is unavailable, with the cause named', async () => {
  const proxy = await faultyProxy(inject('upstash'), () => 'pass');
  await proxy[Symbol.asyncDispose]();
  const client = connect({ ...proxy, timeoutMs: 5_000, sendsMax: 2, random: () => 0 });
  await expect(client.once((redis) => redis.get('x'))).rejects.toThrow(
    expect.objectContaining({ name: 'StoreUnavailable', message: expect.stringMatching('ECONN') }),
  );
});

const IN_SCRIPT = ' script: 7c4eabe4df68bccc86fa6f4666950eba8df72a9e, on @user_script:12.';
const KINDS: [string, string][] = [
  [SERVICE_ERRORS.databaseFull, 'full'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'full'],
  [SERVICE_ERRORS.recordFull, 'record'],
  [SERVICE_ERRORS.requestTooLarge, 'too-large'],
  [SERVICE_ERRORS.requestsUsedUp, 'budget'],
  [SERVICE_ERRORS.dailyRequestsUsedUp, 'budget'],
  [SERVICE_ERRORS.unauthorized, 'unauthorized'],
  ['ERR max concurrent connections exceeded', 'throttled'],
  ['ERR something that nobody has heard of', 'failed'],
];

test.each(KINDS)('%s is a failure of its own kind, inside a script too', (text, kind) => {
  for (const reply of [text, ...(kind === 'failed' ? [] : [text + IN_SCRIPT])]) {
    const failure = failureIn(reply);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(failure).toMatchObject({ kind });
  }
});

test.each([
  'WRONGTYPE Operation against a key holding the wrong kind of value',
  `ERR user_script:12: attempt to compare nil with number${IN_SCRIPT}`,
  "ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: x",
])('what the store holds or a script does wrong is a fault, which no repeat mends: %s', (text) => {
  expect(failureIn(text)).toBeInstanceOf(StoreFault);
});

test('only what may have passed a moment later is sent again', async () => {
  const sends = async (text: string) => {
    await using proxy = await faultyProxy(inject('upstash'), () =>
      answering(400, JSON.stringify({ error: text })),
    );
    const client = connect({ ...proxy, timeoutMs: 5_000, sendsMax: 3, random: () => 0 });
    await client.repeatedly((redis) => redis.get('x')).catch(() => undefined);
    return proxy.seen();
  };
  for (const [text, kind] of KINDS) {
    expect(await sends(text), text).toBe(kind === 'throttled' || kind === 'failed' ? 3 : 1);
  }
});

test('an error says nothing of the command that failed, which holds order data', async () => {
  const store = freshStore();
  const order = newOrder('a', { submission: { customer: 'canary-customer' } });
  await store.redis.set(store.keys.queue('shop'), 'a string');
  const error = await submitOne(store, order).catch((thrown: Error) => thrown);
  const told = JSON.stringify([String(error), (error as Error).stack, (error as Error).cause]);
  expect(told).toContain('WRONGTYPE');
  expect(told).not.toContain('canary');
});
