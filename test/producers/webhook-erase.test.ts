import { expect, onTestFinished, test } from 'vitest';
import { erase } from '../../lib/store/erase.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore } from '../support/store.ts';
import { accept, producerFor, startReceiver } from './receiver.ts';

test('an erasure is sent under one id, without data of the order, until the receiver answers 2xx', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 3);
  let status = 500;
  const receiver = await startReceiver((received, response) => {
    if (!received.body.includes('orders.erase')) return accept(received, response);
    response.writeHead(status).end();
  });
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const clock = steppedClock(NOW_MS + 1_000);
  const producer = producerFor(receiver.url, { clock }, { isErasing: true });
  await runDrain(store, { clock, producer });
  for (const id of ids.slice(0, 2)) await erase(store, id, clock.now());
  await runDrain(store, { clock, producer });
  status = 204;
  clock.step(120_000);
  await runDrain(store, { clock, producer });
  clock.step(120_000);
  await runDrain(store, { clock, producer });
  const told = receiver.all.filter(({ body }) => body.includes('orders.erase'));
  expect(told).toHaveLength(2);
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  const { type, data } = JSON.parse(told[1]?.body ?? '');
  expect([type, data.ids.toSorted()]).toEqual(['orders.erase', ids.slice(0, 2).toSorted()]);
  expect(told[1]?.headers['webhook-signature']).toMatch(/^v1,/);
  await expectAllInPlace(store, ids);
});

test('a receiver that is not said to know of erasures is not told', () => {
  const producer = producerFor('http://localhost:1/', { clock: steppedClock(NOW_MS) });
  expect(producer.erase).toBeUndefined();
});
