import { expect, test } from 'vitest';
import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

const READ_MS = NOW_MS + 1_000;

test('orders that a producer gives back are charged no attempt, and end the drain', async () => {
  const store = freshStore();
  const [first, second] = (await submitOrders(store, 15)) as [string, string];
  const events: unknown[] = [];
  const producer = producerOf((id): ProducerAnswer => {
    return id === first ? { kind: 'retry', reason: 'down' } : { kind: 'untried' };
  });
  const log = (level: string, event: string, fields?: object) =>
    void events.push({ level, event, ...fields });
  expect(await runDrain(store, { producer, log })).toEqual({
    claimed: 10,
    produced: 0,
    retried: 1,
    dead: 0,
    remaining: 14,
  });
  expect(await store.read(first, READ_MS)).toMatchObject({ status: 'queued', attempts: 1 });
  expect(await store.read(second, READ_MS)).toMatchObject({ status: 'queued', attempts: 0 });
  expect(events).toMatchObject([
    { level: 'warn', event: 'orders-given-back', orders: 9 },
    { level: 'info', event: 'batch-settled', produced: 0, untried: 9, retried: [first] },
  ]);
});

test('an order that is given back at its last attempt is not dead', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const producer = producerOf(() => ({ kind: 'untried' }));
  for (let drain = 0; drain < 3; drain += 1) {
    expect(await runDrain(store, { producer, limits: { attemptsMax: 1 } })).toMatchObject({
      dead: 0,
      remaining: 1,
    });
  }
  expect(await store.read(id, READ_MS)).toMatchObject({ status: 'queued', attempts: 0 });
});

test('what is produced beside an order that is given back stays produced', async () => {
  const store = freshStore();
  const [last] = (await submitOrders(store, 12)).slice(-1) as [string];
  const producer = producerOf((id) => ({ kind: id === last ? 'untried' : 'produced' }));
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 11, remaining: 1 });
});

test('a producer that has thrown for a batch cannot give its orders back: they are charged', async () => {
  const store = freshStore();
  const ids = await submitOrders(store, 15);
  const calls: number[] = [];
  const producer: Producer = async (orders) => {
    calls.push(orders.length);
    if (orders.length > 1) throw new Error('The system behind went down');
    return new Map(orders.map(({ id }) => [id, { kind: 'untried' }]));
  };
  expect(await runDrain(store, { producer })).toMatchObject({ claimed: 10, retried: 10 });
  expect(calls).toEqual([10, 1]);
  expect(await store.read(ids[0] as string, READ_MS)).toMatchObject({ attempts: 1 });
});
