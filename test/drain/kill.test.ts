import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';
import { keysWith } from '../../lib/redis/keys.ts';
import { runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { functionEnvironment } from '../support/functions.ts';
import { claimRequest, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { storeWith } from '../support/store.ts';

const DRAIN_PROCESS = new URL('../support/drain-process.ts', import.meta.url).pathname;
const ORDERS = 3;

/**
 * Runs a drain as a process on three new orders and kills it at a request to Redis: before the
 * request is done, or after it was and before the process learns of it. Then another drain, later.
 *
 * @returns whether the process was killed; it was not where it makes fewer requests
 */
async function killAt(request: number, when: 'before' | 'after'): Promise<boolean> {
  const server = inject('upstash');
  let child: ChildProcess | undefined;
  await using proxy = await faultyProxy(server, ({ index }) => {
    if (index !== request) return 'pass';
    child?.kill('SIGKILL');
    return when === 'before' ? 'lose-request' : 'lose-reply';
  });
  const environment = functionEnvironment(proxy);
  const store = storeWith(server, environment.SLUICE_PREFIX as string);
  const ids: string[] = [];
  for (let index = 0; index < ORDERS; index += 1) {
    const order = newOrder(`key-${index}`);
    ids.push(order.id);
    await store.submit(order);
  }
  child = spawn(process.execPath, [DRAIN_PROCESS, '0'], {
    env: { ...process.env, ...environment, SLUICE_BATCH_SIZE: '2' },
    stdio: 'ignore',
  });
  const [code, signal] = await once(child, 'exit');
  expect(signal ?? code).toBe(proxy.seen() > request ? 'SIGKILL' : 0);

  await runDrain(store, { clock: steppedClock(Date.now() + 600_000) });
  const orders = await Promise.all(ids.map((id) => store.read(id, Date.now())));
  expect(orders.map((order) => order?.status)).toEqual(ids.map(() => 'produced'));
  expect(new Set(orders.map((order) => order?.orderNumber)).size).toBe(ORDERS);
  expect(await store.redis.zcard(store.keys.finished)).toBe(ORDERS);
  const { queue, pending, owners, dead } = keysWith(store.prefix);
  expect(await store.redis.exists(queue, pending, owners, dead)).toBe(0);
  return signal === 'SIGKILL';
}

test.each(['before', 'after'] as const)(
  'a drain process that is killed %s any of its requests loses no order and doubles none',
  async (when) => {
    let request = 0;
    while (await killAt(request, when)) request += 1;
    // Lock, claim, numbers and settle of two batches, release: less would not be a whole drain.
    expect(request).toBeGreaterThanOrEqual(8);
  },
  60_000,
);

test('drain processes side by side produce every order once', async () => {
  const environment = functionEnvironment();
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const orders = Array.from({ length: 100 }, (_, index) => newOrder(`key-${index}`));
  for (const order of orders) await store.submit(order);
  const processes = [0, 1, 2].map((slot) =>
    spawn(process.execPath, [DRAIN_PROCESS, String(slot)], {
      env: { ...process.env, ...environment, SLUICE_BATCH_SIZE: '5' },
      stdio: 'ignore',
    }),
  );
  const exits = await Promise.all(processes.map((child) => once(child, 'exit')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
  const read = await Promise.all(orders.map(({ id }) => store.read(id, Date.now())));
  expect(new Set(read.map((order) => order?.orderNumber)).size).toBe(orders.length);
  expect(read.every((order) => order?.status === 'produced' && order.attempts === 1)).toBe(true);
  expect((await store.claim(claimRequest({ nowMs: Date.now() + 600_000 }))).orders).toEqual([]);
});
