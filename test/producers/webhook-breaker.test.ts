import { expect, test } from 'vitest';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import { CAREFUL_AFTER, createBreaker, DOWN_AFTER } from '../../lib/producers/webhook/breaker.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { claimedOrders, contextOf, kindsOf } from './claimed.ts';
import { accept, answerJson, failWith, producerFor, startReceiver } from './receiver.ts';

const ONE_AT_A_TIME = { concurrency: 1 } as const;
/** Longer than a receiver that is down is left alone. */
const NEXT_DRAIN_MS = 60_000;

/** As they come back after an attempt that failed. */
const retried = (orders: readonly ClaimedOrder[]) =>
  orders.map((order) => ({ ...order, attempts: 2 }));

test('a receiver that does not answer is called a few times, and the rest is given back', async () => {
  await using receiver = await startReceiver((_, response) => response.destroy());
  const events: unknown[] = [];
  const log = (...event: unknown[]) => void events.push(event);
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS), log }, ONE_AT_A_TIME);
  const answers = await producer(claimedOrders(50), contextOf());
  const { silent } = DOWN_AFTER;
  expect(kindsOf(answers)).toEqual({ retry: silent, untried: 50 - silent });
  expect(receiver.all).toHaveLength(silent);
  expect(events).toMatchObject([['warn', 'webhook-down', {}]]);
  expect(JSON.stringify(events)).not.toMatch(/ord_|17850|85123A|localhost|whsec/);
});

test.each([500, 429, 302])(
  'a receiver that answers %i for one order after the other is down at last',
  async (status) => {
    await using receiver = await startReceiver(failWith(status));
    const producer = producerFor(
      receiver.url,
      { clock: steppedClock(NOW_MS) },
      { concurrency: 10 },
    );
    const answers = await producer(claimedOrders(300), contextOf());
    expect(kindsOf(answers).retry).toBeLessThan(DOWN_AFTER.fresh + 10);
    expect(kindsOf(answers).retry).toBeGreaterThanOrEqual(DOWN_AFTER.fresh);
    expect(kindsOf(answers).untried).toBeGreaterThan(0);
  },
);

test('orders that fail again are no new evidence: a few of them show that a receiver is down', async () => {
  await using receiver = await startReceiver(failWith(500));
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, ONE_AT_A_TIME);
  const answers = await producer(retried(claimedOrders(50)), contextOf());
  expect(kindsOf(answers)).toEqual({
    retry: DOWN_AFTER.repeated,
    untried: 50 - DOWN_AFTER.repeated,
  });
});

test('calls go one at a time once a few have failed in a row', async () => {
  let underWay = 0;
  let mostAtOnce = 0;
  await using receiver = await startReceiver((_, response) => {
    underWay += 1;
    if (receiver.all.length > 2 * CAREFUL_AFTER + 5) mostAtOnce = Math.max(mostAtOnce, underWay);
    setImmediate(() => {
      underWay -= 1;
      response.writeHead(500).end();
    });
  });
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, { concurrency: 5 });
  await producer(claimedOrders(60), contextOf());
  expect(receiver.all).toHaveLength(60);
  expect(mostAtOnce).toBe(1);
});

test('a few calls of the next drain find out that a receiver is still down, or back', async () => {
  let isDown = true;
  await using receiver = await startReceiver((_, response) =>
    isDown ? response.destroy() : response.end(),
  );
  const clock = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock }, { concurrency: 4 });
  await producer(claimedOrders(20), contextOf());
  const before = receiver.all.length;
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({ untried: 20 });
  expect(receiver.all).toHaveLength(before);
  clock.step(NEXT_DRAIN_MS);
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({
    retry: 1,
    untried: 19,
  });
  clock.step(NEXT_DRAIN_MS);
  isDown = false;
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({ produced: 20 });
});

test.each([408, 409, 425])('orders that are all answered with %i are all sent', async (status) => {
  await using receiver = await startReceiver(failWith(status, { 'retry-after': '60' }));
  const clock = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock }, ONE_AT_A_TIME);
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({ retry: 20 });
});

test.each([429, 503])('a %i with Retry-After stops every call until then', async (status) => {
  let isBusy = true;
  await using receiver = await startReceiver((received, response) =>
    isBusy ? failWith(status, { 'retry-after': '60' })(received, response) : accept(0, response),
  );
  const clock = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock }, ONE_AT_A_TIME);
  const first = await producer(claimedOrders(5), contextOf());
  expect(kindsOf(first)).toEqual({ retry: 1, untried: 4 });
  isBusy = false;
  clock.step(59_999);
  expect(kindsOf(await producer(claimedOrders(5), contextOf()))).toEqual({ untried: 5 });
  expect(receiver.all).toHaveLength(1);
  clock.step(1);
  expect(kindsOf(await producer(claimedOrders(5), contextOf()))).toEqual({ produced: 5 });
});

test('a receiver that is down for an hour costs a queue few attempts, and then gets all of it once', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 30);
  let isDown = true;
  const effects = new Map<string, number>();
  await using receiver = await startReceiver(({ id }, response) => {
    if (isDown) return failWith(503)(undefined as never, response);
    effects.set(id, (effects.get(id) ?? 0) + 1);
    answerJson(response, 200, { ok: true });
  });
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerFor(receiver.url, { clock }, { concurrency: 4 });
  const drainOnce = () => runDrain(store, { producer, clock, limits: { attemptsMax: 12 } });
  for (let minute = 0; minute < 60; minute += 1) {
    expect(await drainOnce()).toMatchObject({ produced: 0, dead: 0 });
    clock.step(60_000);
  }
  // Each order once, a few of them again, and then a call or two a minute.
  expect(receiver.all.length).toBeLessThanOrEqual(30 + DOWN_AFTER.repeated + 4 + 2 * 60);
  isDown = false;
  for (let minute = 0; minute < 20; minute += 1) {
    await drainOnce();
    clock.step(60_000);
  }
  expect(ids.map((id) => effects.get(id))).toEqual(ids.map(() => 1));
  expect(await store.redis.zcard(store.keys.ended('shop', 0))).toBe(ids.length);
});

test('a shorter Retry-After does not shorten a longer one', () => {
  const clock = steppedClock(NOW_MS);
  const breaker = createBreaker(clock);
  breaker.record({ health: 'failing', isFresh: true, quietMs: 60_000 });
  breaker.record({ health: 'failing', isFresh: true, quietMs: 1_000 });
  clock.step(2_000);
  expect(breaker.state()).toBe('open');
});

test('a clock that is set back does not keep the receiver shut', () => {
  const clock = steppedClock(NOW_MS);
  const breaker = createBreaker(clock);
  breaker.record({ health: 'failing', isFresh: true, quietMs: 1_000 });
  expect(breaker.state()).toBe('open');
  clock.step(-86_400_000);
  expect(breaker.state()).not.toBe('open');
});
