import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Producer } from '../../lib/producers/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, submitAll, type TestStore } from '../support/store.ts';

const READ_MS = NOW_MS + 1_000;

async function submitted(store: TestStore, client: string, count: number, key = 'key') {
  const orders = Array.from({ length: count }, (_, at) => newOrder(`${key}-${at}`, { client }));
  await submitAll(store, orders);
  return orders.map(({ id }) => id);
}

/** A producer that notes whose orders each batch has; time passes with each. */
function notingProducer(clock = steppedClock(READ_MS)) {
  const batches: { client: string; id: string }[][] = [];
  const producer: Producer = async (orders) => {
    batches.push(orders.map(({ client, id }) => ({ client, id })));
    clock.step(1);
    return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
  };
  return { clock, producer, batches };
}

// What is claimed already comes first, and each lane may claim once before it hears of the other.
test('a flood of one client delays an order of another by at most one claim of each lane', async () => {
  for (const lanes of [1, 2]) {
    const store = freshStore();
    await submitted(store, 'flood', 100);
    const noting = notingProducer();
    let other = '';
    const producer: Producer = async (orders, context) => {
      if (other === '') [other = ''] = await submitted(store, 'other', 1);
      return noting.producer(orders, context);
    };
    await runDrain(store, { ...noting, producer, limits: { lanes } });
    const at = noting.batches.findIndex((batch) => batch.some(({ id }) => id === other));
    expect(at, `${lanes} lanes`).toBeLessThanOrEqual(2 * lanes);
    expect(noting.batches.length).toBeGreaterThan(10);
  }
});

test('each claim gives each ready client its share, and whoever has less leaves the rest to the others', async () => {
  const store = freshStore();
  await submitted(store, 'a-flood', 60);
  await submitted(store, 'b-flood', 60);
  await submitted(store, 'few', 2);
  const noting = notingProducer();
  await runDrain(store, { ...noting, limits: { lanes: 1, batchSize: 12 } });
  const shares = noting.batches.map((batch) => ({
    a: batch.filter(({ client }) => client === 'a-flood').length,
    b: batch.filter(({ client }) => client === 'b-flood').length,
    few: batch.filter(({ client }) => client === 'few').length,
  }));
  expect(shares.slice(0, 4)).toEqual([
    { a: 4, b: 4, few: 2 },
    ...Array(3).fill({ a: 6, b: 6, few: 0 }),
  ]);
});

test('however many clients wait, each is served before any is served again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 70 }),
      fc.integer({ min: 1, max: 20 }),
      async (clients, batchSize) => {
        const store = freshStore();
        const names = Array.from({ length: clients }, (_, at) => `client-${at}`);
        // Not all at the same moment, and not in the order of their names.
        for (const [at, client] of names.entries()) {
          const orders = ['a', 'b', 'c'].map((key) => newOrder(key, { client }));
          await submitAll(store, orders, NOW_MS + ((at * 37) % clients));
        }
        const noting = notingProducer();
        await runDrain(store, { ...noting, limits: { lanes: 1, batchSize } });
        const served = noting.batches.flatMap((batch) => [
          ...new Set(batch.map((one) => one.client)),
        ]);
        const firsts = new Set(served.slice(0, clients));
        expect(firsts.size).toBe(clients);
        expect(noting.batches.flat()).toHaveLength(3 * clients);
      },
    ),
    { numRuns: 15 },
  );
});

test('orders that are due get half of each batch at most while others wait, and all of it then', async () => {
  const store = freshStore();
  const due = await submitted(store, 'shop', 40, 'due');
  const busy = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  await runDrain(store, { producer: busy, limits: { batchSize: 40 } });
  await submitted(store, 'shop', 12, 'new');
  const noting = notingProducer(steppedClock(NOW_MS + 60_000));
  await runDrain(store, { ...noting, limits: { lanes: 1, batchSize: 8 } });
  const shares = noting.batches.map((batch) => batch.filter(({ id }) => due.includes(id)).length);
  expect(shares).toEqual([4, 4, 4, 8, 8, 8, 4]);
});

test('a client whose orders keep failing takes nothing from another', async () => {
  const store = freshStore();
  await submitted(store, 'failing', 30);
  const good = await submitted(store, 'good', 30);
  const seen: string[] = [];
  const producer = producerOf((id) => {
    if (good.includes(id)) seen.push(id);
    return good.includes(id) ? { kind: 'produced' } : { kind: 'retry', reason: 'no' };
  });
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 30, retried: 30 });
  expect(seen).toHaveLength(30);
});
