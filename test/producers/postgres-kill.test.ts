import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import {
  contextOf,
  freshDatabase,
  producerOn,
  type TestDatabase,
  withClient,
} from '../support/database.ts';
import { runDrain } from '../support/drains.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { functionEnvironment } from '../support/functions.ts';
import { claimRequest, newOrder } from '../support/orders.ts';
import { packagedDrain } from '../support/packaged-drain.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, storeWith, type TestStore } from '../support/store.ts';

const LATER_MS = 600_000;

let bundle: Awaited<ReturnType<typeof packagedDrain>>;
beforeAll(async () => {
  bundle = await packagedDrain('postgres');
});
afterAll(() => bundle.remove());

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});

async function submitted(store: TestStore, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, (_, index) => newOrder(`key-${index}`));
  for (const order of orders) await store.submit(order);
  return orders.map(({ id }) => id);
}

/** Drains what is left, and checks that each order is in the database once and under its number. */
async function eachIsThereOnce(store: TestStore, ids: readonly string[]): Promise<void> {
  const { produce: producer } = producerOn(database.settings);
  const clock = steppedClock(Date.now() + LATER_MS);
  await runDrain(store, { producer, clock });
  const rows = await database.query(`select id, order_number, count(line) as lines
    from orders left join order_lines on order_id = id group by id`);
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(rows.every(({ lines }) => lines === '1')).toBe(true);
  const numbers = new Map(rows.map((row) => [row.id, Number(row.order_number)]));
  for (const id of ids) {
    const order = await store.read(id, clock.now());
    expect(order).toMatchObject({ status: 'produced', orderNumber: numbers.get(id) });
  }
}

/**
 * Drains three orders in two batches by a process that is killed at a request to Redis: before the
 * request is done, or after it was and before the process learns of it.
 *
 * @returns whether it was killed; it was not where it makes fewer requests
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
  const ids = await submitted(store, 3);
  child = bundle.run({ ...environment, SLUICE_BATCH_SIZE: '2', DATABASE_URL: database.url });
  const [code, signal] = await once(child, 'exit');
  expect(signal ?? code).toBe(proxy.seen() > request ? 'SIGKILL' : 0);
  await eachIsThereOnce(store, ids);
  await database.query('truncate orders, order_lines');
  return signal === 'SIGKILL';
}

test.each(['before', 'after'] as const)(
  'a drain that is killed %s any of its requests, as between effect and settle, writes each order once',
  async (when) => {
    let request = 0;
    while (await killAt(request, when)) request += 1;
    // Lock, claim and settle of two batches, release: less would not be a whole drain.
    expect(request).toBeGreaterThanOrEqual(6);
  },
  60_000,
);

test('drains side by side write every order once', async () => {
  const environment = functionEnvironment();
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const ids = await submitted(store, 100);
  const settings = { SLUICE_BATCH_SIZE: '5', DATABASE_URL: database.url };
  const drains = [0, 1].map((slot) => bundle.run({ ...environment, ...settings }, slot));
  const exits = await Promise.all(drains.map((drain) => once(drain, 'exit')));
  expect(exits.map(([code]) => code)).toEqual([0, 0]);
  await eachIsThereOnce(store, ids);
});

test('connections that the server ends again and again lose no order and double none', async () => {
  const store = freshStore();
  const ids = await submitted(store, 100);
  const { produce: producer } = producerOn(database.settings);
  let broken = 0;
  let isOver = false;
  const breaking = withClient(database.settings, async (query) => {
    while (!isOver) {
      const ended = await query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and random() < 0.7`);
      broken += ended.length;
      // Some batches must get through.
      await query('select pg_sleep(0.02)');
    }
  });
  for (let round = 0, left = 1; left > 0; round += 1) {
    const clock = steppedClock(Date.now() + round * LATER_MS);
    const limits = { batchSize: 5, attemptsMax: 1_000 };
    await runDrain(store, { producer, clock, limits });
    left = ids.length - (await store.redis.zcard(store.keys.finished));
  }
  isOver = true;
  await breaking;
  expect(broken).toBeGreaterThan(0);
  await eachIsThereOnce(store, ids);
});

test('a drain that lost its lease neither overwrites nor settles what another has done', async () => {
  const store = freshStore();
  const ids = await submitted(store, 1);
  const { produce } = producerOn(database.settings);
  const zombie = await store.claim(claimRequest());
  const heir = await store.claim(claimRequest({ nowMs: claimRequest().nowMs + 60_000 }));
  expect(heir.token).toBeGreaterThan(zombie.token);
  await produce(heir.orders, contextOf(heir.token));
  const rows = await database.query('select * from orders order by id');

  const answers = await produce(zombie.orders, contextOf(zombie.token));
  const settlements = [...answers].map(([id, answer]) => ({ id, ...answer }) as const);
  const stands = await store.settle(zombie.token, settlements as never, Date.now());
  expect(stands).toEqual([false]);
  expect(await database.query('select * from orders order by id')).toEqual(rows);
  await eachIsThereOnce(store, ids);
});

test('the driver is in the bundle only where its producer is chosen, and nothing of it that is not used', async () => {
  const ofDriver = (files: readonly string[]) =>
    files.filter((file) => /node_modules\/pg|lib\/postgres/.test(file));
  expect(ofDriver(bundle.files)).toContain('node_modules/pg/lib/client.js');
  expect(ofDriver(bundle.files).join()).not.toMatch(/pg-pool|native/);
  const others = await packagedDrain('order-numbers');
  others.remove();
  expect(ofDriver(others.files)).toEqual([]);
  expect(bundle.bytes - others.bytes).toBeLessThan(90 * 1024);
});
