import { expect, test } from 'vitest';
import { wakeOf } from '../../lib/intake/wake.ts';
import { NOW_MS } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

/** Instances of one deployment, each with a memory of its own, on one Redis. */
function instances({ intervalMs = 60_000, invoke = async () => {} } = {}) {
  const store = freshStore();
  const { keys, redis } = store;
  const told: unknown[] = [];
  let woken = 0;
  const instance = () =>
    wakeOf({
      store,
      invoke: async () => {
        woken += 1;
        await invoke();
      },
      log: (...line) => void told.push(line),
      config: { wakeIntervalMs: intervalMs, drainFunction: 'drain' },
    }) ?? expect.fail();
  return { instance, told, store, redis, keys, woken: () => woken };
}

test('of many instances that find the queue empty within the interval one wakes a drain', async () => {
  const { instance, woken } = instances();
  await Promise.all(Array.from({ length: 20 }, () => instance()(NOW_MS)));
  expect(woken()).toBe(1);
});

test('what holds the others back goes by itself when the interval is over', async () => {
  const { instance, keys, redis } = instances({ intervalMs: 30_000 });
  await instance()(NOW_MS);
  const leftMs = await redis.pttl(keys.wake);
  expect(leftMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThanOrEqual(30_000);
});

test('an instance that has woken a drain lately does not ask Redis again, and does once the interval is over', async () => {
  const { instance, keys, redis, woken } = instances({ intervalMs: 1_000 });
  const wake = instance();
  await wake(NOW_MS);
  await redis.del(keys.wake);
  await wake(NOW_MS + 999);
  expect(woken()).toBe(1);
  await wake(NOW_MS + 1_000);
  expect(woken()).toBe(2);
});

test('an instance that asked in vain asks again, as the interval ends by whom it was begun', async () => {
  const { instance, keys, redis, woken } = instances({ intervalMs: 1_000 });
  const [first, other] = [instance(), instance()];
  await first(NOW_MS);
  await other(NOW_MS + 900);
  expect(woken()).toBe(1);
  await redis.del(keys.wake);
  await other(NOW_MS + 1_500);
  expect(woken()).toBe(2);
});

test('a clock that is set back does not keep an instance from waking', async () => {
  const { instance, keys, redis, woken } = instances();
  const wake = instance();
  await wake(NOW_MS);
  await redis.del(keys.wake);
  await wake(NOW_MS - 86_400_000);
  expect(woken()).toBe(2);
});

test('nobody is woken where no interval is set', () => {
  const { store } = instances();
  const config = { wakeIntervalMs: 0, drainFunction: 'drain' };
  const wake = wakeOf({ store, config, invoke: async () => {}, log: () => undefined });
  expect(wake).toBeUndefined();
});

test('a drain that cannot be woken is told to the log, and fails nobody', async () => {
  const { instance, told } = instances({
    invoke: () => Promise.reject(new Error('Lambda answered with status 429')),
  });
  await instance()(NOW_MS);
  expect(told).toEqual([
    ['warn', 'drain-not-woken', { error: 'Error', reason: 'Lambda answered with status 429' }],
  ]);
});
