import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { connect } from '../../lib/store/connection.ts';
import { acquireLock } from '../../lib/store/lock.ts';
import { EXTEND_LOCK } from '../../lib/store/scripts.ts';
import { type Fate, faultyProxy, type SeenRequest } from '../support/faulty-proxy.ts';
import { steppedClock } from '../support/stepped-clock.ts';

const LEASE_MS = 30_000;

function lockRequest(server: { url: string; token: string } = inject('upstash')) {
  const client = connect({ ...server, timeoutMs: 5_000, sendsMax: 2, random: () => 0 });
  const clock = steppedClock(1_000_000);
  return { client, clock, key: randomUUID(), leaseMs: LEASE_MS, token: randomUUID() };
}

/** Sees the first requests of a test fare as it says, and the others pass. */
const first = (...fates: Fate[]) => {
  return ({ index }: SeenRequest) => fates[index] ?? 'pass';
};

test('a lock is held by one, with an expiry, until it is released', async () => {
  const request = lockRequest();
  const held = await acquireLock(request);
  expect(await acquireLock({ ...request, token: randomUUID() })).toBeUndefined();
  expect(await request.client.redis.pttl(request.key)).toBeGreaterThan(LEASE_MS - 5_000);
  expect(await held?.release()).toBe(true);
  expect(await request.client.redis.exists(request.key)).toBe(0);
});

test.each<Fate>(['lose-reply', 'half', 'repeat'])(
  'a lock that was taken is known to be the holder’s own although its reply was lost or broken: %s',
  async (fate) => {
    await using proxy = await faultyProxy(inject('upstash'), first('pass', fate));
    const request = lockRequest(proxy);
    const held = await acquireLock(request);
    expect(await request.client.redis.get(request.key)).toBe(request.token);
    expect(await held?.release()).toBe(true);
    expect(await request.client.redis.exists(request.key)).toBe(0);
  },
);

test('a lock whose request was lost is asked for once more', async () => {
  await using proxy = await faultyProxy(inject('upstash'), first('pass', 'lose-request'));
  const held = await acquireLock(lockRequest(proxy));
  expect(await held?.release()).toBe(true);
});

test('a lock is not had while Redis cannot be asked', async () => {
  await using proxy = await faultyProxy(inject('upstash'), () => 'lose-request');
  await expect(acquireLock(lockRequest(proxy))).rejects.toThrow('could not be reached');
});

test.each([
  ['full', 'ERR DB capacity quota exceeded. Limit: 256 MB'],
  ['budget', 'ERR max requests limit exceeded. Limit: 500000, Usage: 500000.'],
  ['failed', 'READONLY You can not write against a read only replica.'],
])(
  'a Redis that refuses writes (%s) is not taken for a lock that another holds',
  async (kind, error) => {
    const refuse: Fate = (response) => void response.writeHead(400).end(JSON.stringify({ error }));
    await using proxy = await faultyProxy(inject('upstash'), ({ body }) =>
      /"set"/i.test(body) ? refuse : 'pass',
    );
    await expect(acquireLock(lockRequest(proxy))).rejects.toMatchObject({ kind });
  },
);

test('release leaves a lock alone that is another’s by now', async () => {
  const request = lockRequest();
  const held = await acquireLock(request);
  await request.client.redis.set(request.key, 'another');
  expect(await held?.release()).toBe(false);
  expect(await request.client.redis.get(request.key)).toBe('another');
});

test('release that cannot reach Redis does not fail: the lease ends anyway', async () => {
  await using proxy = await faultyProxy(inject('upstash'), first('pass', 'pass', 'lose-request'));
  const held = await acquireLock(lockRequest(proxy));
  expect(await held?.release()).toBe(false);
});

test('a lock is extended again and again while it is held, and not after its release', async () => {
  const extensions = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  await using proxy = await faultyProxy(inject('upstash'), ({ body }) => {
    if (body.includes(EXTEND_LOCK.sha1)) extensions[asked++]?.resolve();
    return 'pass';
  });
  let asked = 0;
  const request = lockRequest(proxy);
  const held = await acquireLock(request);
  for (const extension of extensions) {
    await request.client.redis.pexpire(request.key, 5_000);
    request.clock.step(LEASE_MS / 3);
    await extension.promise;
    await expect
      .poll(() => request.client.redis.pttl(request.key))
      .toBeGreaterThan(LEASE_MS - 5_000);
  }
  expect(held?.signal.aborted).toBe(false);
  await held?.release();
  request.clock.step(10 * LEASE_MS);
  expect([held?.signal.aborted, asked]).toEqual([false, 3]);
});

test('the lease of a lock counts from before it was asked for', async () => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) => {
    if (index === 1) request.clock.step(LEASE_MS - 1);
    return 'pass';
  });
  const request = lockRequest(proxy);
  const held = await acquireLock(request);
  expect(held?.signal.aborted).toBe(false);
  request.clock.step(1);
  expect(held?.signal.aborted).toBe(true);
});

test('the holder is told when another has its lock', async () => {
  const request = lockRequest();
  const held = await acquireLock(request);
  await request.client.redis.set(request.key, 'another');
  const lost = new Promise((resolve) => held?.signal.addEventListener('abort', resolve));
  request.clock.step(LEASE_MS / 3);
  await lost;
  expect(held?.signal.aborted).toBe(true);
});

test('the holder is told when its lease ends because Redis could not be asked', async () => {
  await using proxy = await faultyProxy(inject('upstash'), ({ index }) =>
    index < 2 ? 'pass' : 'hang',
  );
  const request = lockRequest(proxy);
  const held = await acquireLock(request);
  request.clock.step(LEASE_MS - 1);
  expect(held?.signal.aborted).toBe(false);
  request.clock.step(1);
  expect(held?.signal.aborted).toBe(true);
});
