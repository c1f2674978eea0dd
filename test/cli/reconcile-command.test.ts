import { afterAll, expect, test } from 'vitest';
import { loseFrom, orderIn, placesOf } from '../support/maintenance.ts';
import { submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore as storeOn, type TestStore } from '../support/store.ts';
import { start } from './command.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

function sluice(args: readonly string[], env: Record<string, string>) {
  return start([...args], env).ended;
}

function environmentOf(store: TestStore) {
  return {
    UPSTASH_REDIS_REST_URL: stack.url,
    UPSTASH_REDIS_REST_TOKEN: stack.token,
    SLUICE_PREFIX: store.prefix,
  };
}

test('reconcile reports, reconcile --repair repairs, and then all is well', async () => {
  const store = storeOn(stack);
  const env = environmentOf(store);
  const [id] = (await submitOrders(store, 3)) as [string];
  await loseFrom(store, 'queue', id);

  const told = await sluice(['reconcile'], env);
  expect(told).toMatchObject({ exitCode: 1, err: '' });
  expect(told.out).toMatch(/^Checked 3 orders under the prefix .*: 1 finding\.\n/);
  expect(told.out).toMatch(/^stranded +1 +0 +in no place, so it would never be produced/m);
  expect(told.out).toMatch(new RegExp(`^stranded +${id}$`, 'm'));
  expect(told.out).toContain('Nothing was changed. Add --repair');
  expect(await placesOf(store, id)).toEqual([]);

  const repaired = await sluice(['reconcile', '--repair'], env);
  expect(repaired.exitCode).toBe(0);
  expect(repaired.out).toMatch(/^stranded +1 +1 /m);
  expect(await placesOf(store, id)).toEqual(['pending']);

  const well = await sluice(['reconcile'], env);
  expect([well.exitCode, well.out]).toEqual([0, expect.stringMatching(/where they belong\.\n$/)]);
}, 60_000);

test('--thorough compares what earlier passes have compared', async () => {
  const store = storeOn(stack);
  const { id } = await orderIn(store, 'produced');
  await store.redis.set(store.keys.checked, `0:${Date.now()}`);
  await loseFrom(store, 'ended', id);
  await store.redis.hset(store.keys.totals, { produced: 0 });
  await store.redis.zrem(store.keys.segments, 'shop:000000000000');
  expect((await sluice(['reconcile'], environmentOf(store))).exitCode).toBe(0);
  const { exitCode, out } = await sluice(['reconcile', '--thorough'], environmentOf(store));
  expect(exitCode).toBe(1);
  expect(out).toMatch(/^stranded +1 +0 /m);
}, 60_000);

test('what cannot be repaired makes the exit code 1, and is told to programs too', async () => {
  const store = storeOn(stack);
  const { id } = await orderIn(store, 'queued');
  await store.redis.del(store.keys.order(id));
  const { exitCode, out } = await sluice(['reconcile', '--repair', '--json'], environmentOf(store));
  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toEqual({
    ...{ prefix: store.prefix, orders: 0, found: { lost: 1 }, repaired: {} },
    ...{ listed: [{ kind: 'lost', id }], isComplete: true },
  });
}, 60_000);

test('settings that are missing or wrong are named, and what to do', async () => {
  const { exitCode, out, err } = await sluice(['reconcile'], { SLUICE_PREFIX: 'a b' });
  expect([exitCode, out]).toEqual([2, '']);
  for (const name of ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'SLUICE_PREFIX']) {
    expect(err).toContain(name);
  }
  expect(err).toContain('--stage reads those of a deployment');
  expect(err).not.toMatch(/^ +at /m);
});

test('a Redis that cannot be reached is told in one line', async () => {
  const env = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1', UPSTASH_REDIS_REST_TOKEN: 'x' };
  const { exitCode, out, err } = await sluice(['reconcile'], env);
  expect([exitCode, out]).toEqual([1, '']);
  expect(err).toMatch(/^Redis could not be reached .*Run it again, or check that/);
});
