import { expect, test } from 'vitest';
import {
  CAREFUL_AFTER,
  REFUSALS_MAX,
  REFUSED_RUN_MAX,
} from '../../lib/producers/webhook/breaker.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll } from '../support/store.ts';
import { claimedOrders, contextOf, kindsOf } from './claimed.ts';
import { answerJson, failWith, producerFor, startReceiver } from './receiver.ts';

const ONE_AT_A_TIME = { concurrency: 1 } as const;

test('500 bad orders of one client do not keep another client’s orders from being sent', async () => {
  await using receiver = await startReceiver(({ body }, response) =>
    response.writeHead(body.includes('"client":"bad"') ? 500 : 200).end(),
  );
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, { concurrency: 4 });
  const orders = claimedOrders(510).map((order, at) =>
    at < 500 ? { ...order, client: 'bad' } : { ...order, client: 'good' },
  );
  const answers = await producer(orders, contextOf());
  const good = orders.slice(500).map(({ id }) => answers.get(id)?.kind);
  expect(good).toEqual(good.map(() => 'produced'));
});

test.each([400, 401, 404, 410, 422])(
  'a receiver that refuses every order with %i is at fault itself: none dies, and few are sent',
  async (status) => {
    await using receiver = await startReceiver(failWith(status));
    const events: unknown[] = [];
    const log = (...event: unknown[]) => void events.push(event);
    const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS), log }, ONE_AT_A_TIME);
    const answers = await producer(claimedOrders(50), contextOf());
    expect(kindsOf(answers)).toEqual({ retry: CAREFUL_AFTER, untried: 50 - CAREFUL_AFTER });
    expect(events).toMatchObject([['error', 'webhook-refuses-all', { orders: CAREFUL_AFTER }]]);
  },
);

test('a refusal stands if the receiver has taken another order of the batch', async () => {
  const bad = new Set(claimedOrders(10).map(({ id }) => id));
  await using receiver = await startReceiver(({ orders: [id = ''] }, response) =>
    response.writeHead(bad.has(id) ? 404 : 200).end(),
  );
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) }, { concurrency: 20 });
  expect(kindsOf(await producer(claimedOrders(20), contextOf()))).toEqual({
    rejected: 10,
    produced: 10,
  });
});

test('a refusal stands if the receiver names a reason, or if it is one of very few', async () => {
  await using named = await startReceiver((_, response) =>
    answerJson(response, 422, { reason: 'no such sku' }),
  );
  const clock = steppedClock(NOW_MS);
  const all = await producerFor(
    named.url,
    { clock },
    ONE_AT_A_TIME,
  )(claimedOrders(20), contextOf());
  expect(kindsOf(all)).toEqual({ rejected: 20 });
  await using silent = await startReceiver(failWith(422));
  const few = await producerFor(
    silent.url,
    { clock },
    ONE_AT_A_TIME,
  )(claimedOrders(REFUSALS_MAX - 1), contextOf());
  expect(kindsOf(few)).toEqual({ rejected: REFUSALS_MAX - 1 });
});

test('a receiver that begins to answer 404 in the middle of a queue sends nothing to the dead letters', async () => {
  const store = freshStore();
  for (let at = 0; at < 400; at += 100) {
    await submitAll(
      store,
      Array.from({ length: 100 }, (_, n) => newOrder(`key-${at + n}`)),
    );
  }
  const { id: bad } = newOrder('key-390');
  let calls = 0;
  let isUp = true;
  await using receiver = await startReceiver(({ orders: [id = ''] }, response) => {
    calls += 1;
    const isFine = (isUp || calls <= 25) && id !== bad;
    response.writeHead(isFine ? 200 : 404).end();
  });
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerFor(receiver.url, { clock }, { concurrency: 10 });
  const drain = () =>
    runDrain(store, { producer, clock, limits: { batchSize: 200, attemptsMax: 24 } });
  isUp = false;
  for (let minute = 0; minute < 3; minute += 1) {
    expect(await drain()).toMatchObject({ dead: 0 });
    clock.step(60_000);
  }
  // What was taken, and a few each minute.
  expect(calls).toBeLessThan(25 + 3 * (REFUSED_RUN_MAX + 10));
  isUp = true;
  let [produced, dead] = [0, 0];
  for (let minute = 0; minute < 20; minute += 1) {
    const report = await drain();
    produced += report.produced;
    dead += report.dead;
    clock.step(60_000);
  }
  expect([produced, dead]).toEqual([374, 1]);
});

test('a 2xx that says it rejected or will retry counts as said, and JSON can be required', async () => {
  const clock = steppedClock(NOW_MS);
  await using receiver = await startReceiver(({ orders: [id = ''] }, response) => {
    const [first, second] = claimedOrders(2);
    if (id === first.id) answerJson(response, 200, { status: 'rejected', reason: 'no such sku' });
    else if (id === second?.id) answerJson(response, 200, { status: 'retry', reason: 'busy' });
    else response.end('<html>');
  });
  const answersWith = (isJsonRequired: boolean) =>
    producerFor(
      receiver.url,
      { clock },
      { concurrency: 1, isJsonRequired },
    )(claimedOrders(3), contextOf());
  expect([...(await answersWith(false)).values()].map(({ kind }) => kind)).toEqual([
    ...['rejected', 'retry', 'produced'],
  ]);
  expect(kindsOf(await answersWith(true))).toEqual({ rejected: 1, retry: 2 });
});
