import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { connectDatabase, IDLE_MS_MAX } from '../../lib/postgres/connection.ts';
import { freePort } from '../../local/ports.ts';
import {
  claimed,
  contextOf,
  freshDatabase,
  producerOn,
  type TestDatabase,
  withClient,
} from '../support/database.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});

const orders = [claimed('key-0'), claimed('key-1')];
const PRODUCED = [
  { kind: 'produced', orderNumber: 1 },
  { kind: 'produced', orderNumber: 2 },
];

async function throughProxy() {
  const { settings } = database;
  const proxy = await tcpProxy({ host: settings.host, port: settings.port });
  return { proxy, settings: { ...settings, port: proxy.port } };
}

const sessions = () =>
  database.query(`select state, wait_event_type from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);

test('batches share one connection, and what a batch sends goes out before any answer', async () => {
  const { proxy, settings } = await throughProxy();
  const { produce } = producerOn(settings);
  await produce([claimed('warm')], contextOf(1));
  proxy.become('freeze');
  const before = proxy.sent().length;
  const stop = new AbortController();
  const producing = produce(orders, contextOf(2, { signal: stop.signal }));
  const sent = () => proxy.sent().slice(before);
  // All of it has come though nothing was answered.
  while (!sent().includes('commit')) await new Promise(setImmediate);
  expect(sent()).toMatch(
    /begin; set local statement_timeout[\s\S]+insert into orders[\s\S]+commit/,
  );
  stop.abort();
  expect([...(await producing).values()].map(({ kind }) => kind)).toEqual(['retry', 'retry']);
  expect(proxy.connections()).toBe(1);
});

test('a connection that breaks instead of answering is replaced, and each order is there once', async () => {
  const { proxy, settings } = await throughProxy();
  const { produce } = producerOn(settings);
  await produce([], contextOf(1));
  proxy.become('lose-reply');
  const producing = produce(orders, contextOf(2));
  while (proxy.connections() < 2) await new Promise(setImmediate);
  proxy.become('pass');
  expect([...(await producing).values()]).toEqual(PRODUCED);
  expect(await database.query('select id from orders')).toHaveLength(2);
  expect(await database.query('select sku from order_lines')).toHaveLength(2);
});

test('a connection that the server ended between two batches costs no order an attempt', async () => {
  const { produce } = producerOn(database.settings);
  await produce([claimed('warm')], contextOf(1));
  await database.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);
  const answers = await produce(orders, contextOf(2));
  expect([...answers.values()].map(({ kind }) => kind)).toEqual(['produced', 'produced']);
});

test('a connection that died while the Lambda was frozen is not asked again', async () => {
  const { proxy, settings } = await throughProxy();
  const clock = steppedClock(NOW_MS);
  const { produce } = producerOn(settings, clock);
  const context = () => contextOf(1, { deadlineMs: clock.now() + 20_000 });
  await produce([], context());
  clock.step(IDLE_MS_MAX);
  await produce([], context());
  expect(proxy.connections()).toBe(1);
  clock.step(IDLE_MS_MAX + 1);
  expect([...(await produce(orders, context())).values()]).toEqual(PRODUCED);
  expect(proxy.connections()).toBe(2);
});

test('a database that is silent holds nobody past the signal, and is asked anew after it', async () => {
  const { proxy, settings } = await throughProxy();
  const { produce } = producerOn(settings);
  await produce([], contextOf(1));
  proxy.become('freeze');
  const stop = new AbortController();
  const producing = produce(orders, contextOf(1, { signal: stop.signal }));
  stop.abort();
  expect([...(await producing).values()]).toEqual(
    orders.map(() => ({ kind: 'retry', reason: 'The database was not done in time.' })),
  );
  proxy.become('pass');
  expect([...(await produce(orders, contextOf(2))).values()]).toMatchObject(PRODUCED);
});

test('a signal that fires while the connection is being made holds nobody either', async () => {
  const { proxy, settings } = await throughProxy();
  proxy.become('freeze');
  const { produce } = producerOn(settings);
  const stop = new AbortController();
  const producing = produce(orders, contextOf(1, { signal: stop.signal }));
  while (proxy.sent() === '') await new Promise(setImmediate);
  stop.abort();
  expect([...(await producing).values()].map(({ kind }) => kind)).toEqual(['retry', 'retry']);
});

test('a statement that nobody waits for any more ends on the server, and leaves nothing', async () => {
  const { produce } = producerOn(database.settings);
  const stop = new AbortController();
  await withClient(database.settings, async (query) => {
    await query('begin; lock table orders');
    // The deadline is too far away to be what ends it.
    const context = contextOf(1, { signal: stop.signal, deadlineMs: Date.now() + 600_000 });
    const producing = produce(orders, context);
    while ((await sessions()).every(({ wait_event_type: event }) => event !== 'Lock'));
    stop.abort();
    await producing;
    // The table is still locked: the server has noticed by itself that its client has gone.
    while ((await sessions()).some(({ wait_event_type: event }) => event === 'Lock'));
    await query('rollback');
  });
  expect(await database.query('select id from orders')).toEqual([]);
});

test('the server ends a statement at the deadline by itself', async () => {
  const { produce } = producerOn(database.settings);
  await withClient(database.settings, async (query) => {
    await query('begin; lock table orders');
    const answers = await produce(orders, contextOf(1, { deadlineMs: Date.now() + 50 }));
    expect([...answers.values()]).toEqual(
      orders.map(() => ({ kind: 'retry', reason: 'The database was not done in time.' })),
    );
  });
});

test('a database that is down ends the drain, costs no order an attempt, and tells no secret', async () => {
  const settings = { ...database.settings, port: await freePort(), password: 'canary' };
  const { produce: producer, lines } = producerOn(settings);
  const store = freshStore();
  const [first] = await submitOrders(store, 30);
  const log = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  const options = { producer, log, clock: systemClock, limits: { lanes: 1 } };
  const report = await runDrain(store, options);
  expect(report).toEqual({ claimed: 10, produced: 0, retried: 0, dead: 0, remaining: 30 });
  const order = await readOrder(store, first as string, Date.now());
  expect(order).toMatchObject({ status: 'queued', attempts: 0 });
  expect(lines.join()).toMatch(/database-failed.*unreached.*ECONNREFUSED/);
  expect(JSON.stringify([lines, order])).not.toContain('canary');
});

test('orders that may have brought the server down are charged for it', async () => {
  const { proxy, settings } = await throughProxy();
  const { produce } = producerOn(settings);
  await produce([claimed('warm')], contextOf(1));
  proxy.loseAnswerTo('commit');
  proxy.become('refuse');
  await expect(produce(orders, contextOf(2))).rejects.toThrow('PostgreSQL: lost');
});

test('orders that bring the server down each time are dead in the end, in company too', async () => {
  const { proxy, settings } = await throughProxy();
  const store = freshStore();
  const ids = await submitOrders(store, 2);
  const clock = steppedClock(NOW_MS + 1_000);
  const { produce: producer } = producerOn(settings, clock);
  for (const _ of [1, 2, 3]) {
    proxy.become('pass');
    await producer([], contextOf(1, { deadlineMs: clock.now() + 20_000 }));
    // What is asked is not answered, and nobody can connect until the next drain.
    proxy.become('lose-reply');
    await runDrain(store, { producer, clock, limits: { attemptsMax: 3 } });
    clock.step(600_000);
  }
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, clock.now())));
  expect(orders).toMatchObject(ids.map(() => ({ status: 'dead', attempts: 3 })));
});

test('a wrong password is no fault of the orders, and the log says so', async () => {
  const { produce, lines } = producerOn({ ...database.settings, password: 'canary' });
  const answers = await produce(orders, contextOf(1));
  expect([...answers.values()]).toEqual(orders.map(() => ({ kind: 'untried' })));
  expect(lines.join()).toMatch(/unreached.*28P01/);
  expect(lines.join()).not.toContain('canary');
});

test('a connection that is closed is closed on the server', async () => {
  const idle = connectDatabase(database.settings, systemClock);
  await idle.run({ text: 'select 1', values: [] }, contextOf(1));
  expect(await sessions()).toHaveLength(1);
  await idle.close();
  while ((await sessions()).length > 0);
});
