import { spawn } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { loseFrom, orderIn, placesOf } from '../support/maintenance.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore as storeOn, type TestStore } from '../support/store.ts';

// A server of its own: a pass goes through all keys of the database, whoever they belong to.
const stack = await startStack();
afterAll(stack.stop);

/** Runs the command as an operator does, with no more of the environment than it needs. */
function sluice(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['cli/sluice.ts', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  return new Promise<{ exitCode: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, out, err }));
  });
}

function environmentOf(store: TestStore) {
  return {
    UPSTASH_REDIS_REST_URL: stack.url,
    UPSTASH_REDIS_REST_TOKEN: stack.token,
    SLUICE_PREFIX: store.prefix,
  };
}

test('reconcile tells, reconcile --repair repairs, and then all is well', async () => {
  const store = storeOn(stack);
  const env = environmentOf(store);
  const [id] = (await submitOrders(store, 3)) as [string];
  await loseFrom(store, 'queue', id);

  const told = await sluice(['reconcile'], env);
  expect(told).toMatchObject({ exitCode: 1, err: '' });
  expect(told.out).toMatch(/^3 orders, under the prefix .*: 1 findings\.\n/);
  expect(told.out).toMatch(/^stranded +1 +0 +waits/m);
  expect(told.out).toMatch(new RegExp(`^stranded +${id}$`, 'm'));
  expect(told.out).toContain('Nothing was changed. --repair');
  expect(await placesOf(store, id)).toEqual(['index']);

  const repaired = await sluice(['reconcile', '--repair'], env);
  expect(repaired.exitCode).toBe(0);
  expect(repaired.out).toMatch(/^stranded +1 +1 +waits/m);
  expect(await placesOf(store, id)).toEqual(['index', 'pending']);

  const well = await sluice(['reconcile'], env);
  expect(well).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/each is where it must be/),
  });
}, 30_000);

test('--thorough finds an order whose status is not that of its place', async () => {
  const store = storeOn(stack);
  const { id } = await orderIn(store, 'produced');
  await store.redis.hset(store.keys.order(id), { status: 'queued' });
  expect((await sluice(['reconcile'], environmentOf(store))).exitCode).toBe(0);
  const { exitCode, out } = await sluice(['reconcile', '--thorough'], environmentOf(store));
  expect(exitCode).toBe(1);
  expect(out).toMatch(/^surplus +1 +0 /m);
}, 30_000);

test('what cannot be repaired makes the exit code 1, and is told for programs too', async () => {
  const store = storeOn(stack);
  const { id } = await orderIn(store, 'queued');
  await loseFrom(store, 'hash', id);
  const { exitCode, out } = await sluice(['reconcile', '--repair', '--json'], environmentOf(store));
  expect(exitCode).toBe(1);
  expect(JSON.parse(out)).toEqual({
    prefix: store.prefix,
    orders: 1,
    found: { lost: 1 },
    repaired: {},
    unknown: 0,
    listed: [{ kind: 'lost', id, acceptedAtMs: NOW_MS }],
    isComplete: true,
  });
  const text = await sluice(['reconcile', '--repair'], environmentOf(store));
  expect(text.out).toMatch(new RegExp(`^lost +${id} +2026-11-22T13:37:00\\.000Z$`, 'm'));
}, 30_000);

test('settings that are missing or wrong are named, and what to do', async () => {
  const { exitCode, out, err } = await sluice(['reconcile'], { SLUICE_PREFIX: 'a b' });
  expect([exitCode, out]).toEqual([2, '']);
  for (const name of ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'SLUICE_PREFIX']) {
    expect(err).toContain(name);
  }
  expect(err).toContain('npm start prints what to export');
  expect(err).not.toMatch(/^ +at /m);
});

test('a Redis that cannot be reached is told in one line', async () => {
  const env = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1', UPSTASH_REDIS_REST_TOKEN: 'x' };
  const { exitCode, out, err } = await sluice(['reconcile'], env);
  expect([exitCode, out]).toEqual([1, '']);
  expect(err).toMatch(/^Redis could not be reached .*run it again, or look whether/);
});

test('reconcile --help has its settings, its exit codes and an example', async () => {
  const { exitCode, out } = await sluice(['reconcile', '--help'], {});
  expect(exitCode).toBe(0);
  expect(out).toMatch(/UPSTASH_REDIS_REST_TOKEN/);
  expect(out).toMatch(/Exit codes/);
  expect(out).toMatch(/Examples:\n.*npm run sluice -- reconcile/);
});
