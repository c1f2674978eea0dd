import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { orderIn, snapshot } from '../../support/maintenance.ts';
import { NOW_MS, newOrder, submitOrders } from '../../support/orders.ts';
import { startStack } from '../../support/stack.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { storeWith, type TestStore } from '../../support/store.ts';
import { environmentOf, examined, scratchLeft } from './examining.ts';

// A server of its own: doctor looks for orders under other prefixes too.
const server = await startStack();
afterAll(server.stop);

let store: TestStore;
beforeEach(async () => {
  await server.admin('FLUSHALL');
  store = storeWith(server, `${randomUUID()}:`);
});

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What the state is found to be so long after the test's orders came. */
async function stateAfter(ms: number, variables: Record<string, string> = {}) {
  const env = { ...environmentOf(server, store.prefix), ...variables };
  const before = await snapshot(store);
  const found = await examined({ env, clock: steppedClock(NOW_MS + ms) });
  // Whatever is found: nothing was changed, and nothing was left.
  expect(await snapshot(store)).toEqual(before);
  expect(await scratchLeft(server)).toBe(0);
  const { 'redis/clock': _, ...amiss } = found.amiss;
  return { ...found, amiss };
}

test('a database with orders in all states that flow is well', async () => {
  await orderIn(store, 'produced');
  await orderIn(store, 'canceled');
  await submitOrders(store, 2);
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({});
  expect(finding('state/keys').found).toMatch(/^16 looked at/);
  expect(finding('state/prefix').found).toMatch(/^4 orders under the prefix/);
  expect(finding('state/schedule')).toMatchObject({
    kind: 'ok',
    found: expect.stringMatching(/^the last order ended 58\.0 s ago/),
  });
});

test('orders that wait while nothing ends are wrong after two minutes, and not before', async () => {
  await submitOrders(store, 1);
  const young = await stateAfter(MINUTE_MS);
  expect(young.finding('state/schedule')).toMatchObject({
    kind: 'unknown',
    mend: expect.stringMatching(/CloudWatch/),
  });
  const old = await stateAfter(5 * MINUTE_MS);
  expect(old.amiss).toEqual({ 'state/schedule': 'wrong' });
  expect(old.finding('state/schedule').found).toMatch(/ready for 5 minutes, and none has ended/);
});

test('an idle queue says nothing of the schedule', async () => {
  await orderIn(store, 'produced');
  const { finding } = await stateAfter(60 * MINUTE_MS);
  expect(finding('state/schedule')).toMatchObject({ kind: 'unknown', found: 'the queue is idle' });
});

test('an order whose lease ended long ago shows that nothing drains', async () => {
  await orderIn(store, 'leased');
  const { amiss } = await stateAfter(10 * MINUTE_MS);
  expect(amiss).toEqual({ 'state/schedule': 'wrong' });
});

test('a backlog is no fault while a drain runs', async () => {
  await submitOrders(store, 1);
  await store.redis.set(store.keys.lock(0), 'a drain', { px: 60_000 });
  const { finding } = await stateAfter(5 * MINUTE_MS);
  expect(finding('state/schedule')).toMatchObject({ kind: 'ok', found: 'a drain runs now' });
});

test('dead letters are a warning that says how to redrive them', async () => {
  await orderIn(store, 'dead');
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/dead letters': 'warning' });
  expect(finding('state/dead letters')).toMatchObject({
    found: '1 order is dead',
    mend: expect.stringMatching(/redrive --all/),
  });
});

test('events that nobody announces are wrong, and refused ones a warning', async () => {
  const { redis, keys } = store;
  await redis.lpush(keys.events, `ord_1:produced:${NOW_MS}`);
  expect((await stateAfter(MINUTE_MS)).finding('state/events').kind).toBe('ok');
  const late = await stateAfter(60 * MINUTE_MS);
  expect(late.amiss).toEqual({ 'state/events': 'wrong' });
  expect(late.finding('state/events').found).toMatch(/^1 wait, the oldest for 60 minutes/);
  await redis.del(keys.events);
  await redis.lpush(keys.eventsRefused, `ord_1:produced:${NOW_MS}`);
  expect((await stateAfter(MINUTE_MS)).amiss).toEqual({ 'state/events': 'warning' });
});

test('orders that ended long ago show that the daily pass does not run', async () => {
  await orderIn(store, 'produced');
  expect((await stateAfter(31 * DAY_MS)).amiss).toEqual({});
  const late = await stateAfter(33 * DAY_MS);
  expect(late.amiss).toEqual({ 'state/retention': 'wrong' });
  expect(late.finding('state/retention').found).toMatch(/33 days ago, and is kept for 30 days/);
  const kept = await stateAfter(33 * DAY_MS, { SLUICE_RETENTION_DAYS: '60' });
  expect(kept.amiss).toEqual({});
});

test('what an older order in the queue holds back is told as that', async () => {
  await submitOrders(store, 1);
  await store.redis.zadd(store.keys.finished, { score: NOW_MS + 1_000, member: 'ord_x' });
  const { finding } = await stateAfter(40 * DAY_MS);
  expect(finding('state/retention')).toMatchObject({
    kind: 'warning',
    mend: expect.stringMatching(/drain the queue/),
  });
});

test('a key of the wrong type is wrong, and what needs it is not looked at', async () => {
  await submitOrders(store, 1);
  await store.redis.set(store.keys.dead, 'text');
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/keys': 'wrong' });
  expect(finding('state/keys').found).toMatch(/order_dead is a string, not a zset/);
  expect(finding('state/schedule').kind).toBe('skipped');
});

test('an order, or a key, with a TTL is wrong', async () => {
  const [id = ''] = await submitOrders(store, 1);
  await store.redis.expire(store.keys.order(id), 1_000_000);
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/keys': 'wrong' });
  expect(finding('state/keys').found).toContain(`order:${id} will expire`);
});

test('an order that the index has and whose hash is gone is wrong', async () => {
  const [id = ''] = await submitOrders(store, 1);
  await store.redis.del(store.keys.order(id));
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/keys': 'wrong' });
  expect(finding('state/keys').mend).toMatch(/reconcile/);
});

test('a counter behind what orders bear is wrong', async () => {
  await orderIn(store, 'produced');
  await store.redis.del(store.keys.number);
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/counters': 'wrong' });
  expect(finding('state/counters').found).toMatch(/order_number 0 < 1/);
});

test('orders under another prefix than the one that is set are a warning', async () => {
  const prefix = 'prod:';
  await storeWith(server, prefix).submitAll([newOrder('elsewhere')], NOW_MS);
  const { amiss, finding } = await stateAfter(MINUTE_MS);
  expect(amiss).toEqual({ 'state/prefix': 'warning' });
  expect(finding('state/prefix').found).toMatch(/there are some under prod:$/);
});

test('a database with no orders at all is well', async () => {
  expect((await stateAfter(0)).amiss).toEqual({});
});
