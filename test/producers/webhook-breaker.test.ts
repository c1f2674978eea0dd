import { expect, test } from 'vitest';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { createBreaker, FAILURES_UNTIL_DOWN } from '../../lib/producers/webhook/breaker.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { type Answer, accept, answerJson, producerFor, startReceiver } from './receiver.ts';

const ONE_AT_A_TIME = { concurrency: 1 } as const;

function kindsOf(answers: ReadonlyMap<string, ProducerAnswer>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of answers.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const failWith =
  (status: number, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end();

test.each<[string, Answer]>([
  ['answers 500', failWith(500)],
  ['answers 429', failWith(429)],
  ['redirects', failWith(302, { location: 'http://localhost/' })],
  ['hangs up', (_, response) => response.destroy()],
])('a receiver that %s is called a few times, and the rest is given back', async (_, answer) => {
  await using receiver = await startReceiver(answer);
  const clock = steppedClock(NOW_MS);
  const events: unknown[] = [];
  const log = (...event: unknown[]) => void events.push(event);
  const producer = producerFor(receiver.url, { clock, log }, ONE_AT_A_TIME);
  const answers = await producer(claimedOrders(50), contextOf());
  expect(kindsOf(answers)).toEqual({
    retry: FAILURES_UNTIL_DOWN,
    untried: 50 - FAILURES_UNTIL_DOWN,
  });
  expect(receiver.all).toHaveLength(FAILURES_UNTIL_DOWN);
  expect(events).toMatchObject([['warn', 'webhook-down', {}]]);
  expect(JSON.stringify(events)).not.toMatch(/ord_|17850|85123A|localhost|whsec/);
});

test('calls that were under way when a receiver was found down are all that it gets', async () => {
  await using receiver = await startReceiver(failWith(500));
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, { concurrency: 10 });
  await producer(claimedOrders(100), contextOf());
  expect(receiver.all.length).toBeLessThan(FAILURES_UNTIL_DOWN + 10);
});

test('one call finds out that a receiver is still down, and one that it is back', async () => {
  let isDown = true;
  await using receiver = await startReceiver((_, response) =>
    response.writeHead(isDown ? 500 : 200).end(),
  );
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, { concurrency: 4 });
  await producer(claimedOrders(20), contextOf());
  const before = receiver.all.length;
  const stillDown = await producer(claimedOrders(20), contextOf());
  expect(kindsOf(stillDown)).toEqual({ retry: 1, untried: 19 });
  expect(receiver.all).toHaveLength(before + 1);
  isDown = false;
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({ produced: 20 });
});

test('failures that are not in a row are no reason to stop', async () => {
  await using receiver = await startReceiver((_, response) => {
    const isThird = receiver.all.length % FAILURES_UNTIL_DOWN === 0;
    response.writeHead(isThird ? 200 : 500).end();
  });
  const clock = steppedClock(NOW_MS);
  const answers = await producerFor(
    receiver.url,
    { clock },
    ONE_AT_A_TIME,
  )(claimedOrders(20), contextOf());
  expect(kindsOf(answers)).toEqual({ produced: 4, retry: 16 });
});

test.each([400, 404, 410, 422])(
  'orders that are all rejected with %i are all sent',
  async (status) => {
    await using receiver = await startReceiver(failWith(status));
    const clock = steppedClock(NOW_MS);
    const producer = producerFor(receiver.url, { clock }, ONE_AT_A_TIME);
    expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({ rejected: 20 });
  },
);

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
  // One call a minute, after those that found it down.
  expect(receiver.all.length).toBeLessThanOrEqual(60 + FAILURES_UNTIL_DOWN + 4);
  isDown = false;
  for (let minute = 0; minute < 20; minute += 1) {
    await drainOnce();
    clock.step(60_000);
  }
  expect(ids.map((id) => effects.get(id))).toEqual(ids.map(() => 1));
  expect(await store.redis.zcard(store.keys.ended('shop', 0))).toBe(ids.length);
});

test('orders that fail by themselves do not keep the receiver shut for those behind them', async () => {
  const bad = new Set(claimedOrders(20).map(({ id }) => id));
  await using receiver = await startReceiver((request, response) =>
    response.writeHead(bad.has(String(request.headers['idempotency-key'])) ? 500 : 200).end(),
  );
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, ONE_AT_A_TIME);
  const orders = claimedOrders(40).map((order) =>
    bad.has(order.id) ? { ...order, attempts: 2 } : order,
  );
  const answers = await producer(orders, contextOf());
  expect(kindsOf(answers).produced).toBe(20);
});

test('a shorter Retry-After does not shorten a longer one', () => {
  const clock = steppedClock(NOW_MS);
  const breaker = createBreaker(clock);
  breaker.record('down', 60_000);
  breaker.record('down', 1_000);
  clock.step(2_000);
  expect(breaker.state()).toBe('open');
});

test('a clock that is set back does not keep the receiver shut', () => {
  const clock = steppedClock(NOW_MS);
  const breaker = createBreaker(clock);
  breaker.record('down', 1_000);
  expect(breaker.state()).toBe('open');
  clock.step(-86_400_000);
  expect(breaker.state()).not.toBe('open');
});
