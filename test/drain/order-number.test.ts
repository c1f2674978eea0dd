import { expect, test } from 'vitest';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';

test('zero is a number that an order may bear', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const producer = producerOf(() => ({ kind: 'produced', orderNumber: 0 }));
  await runDrain(store, { producer });
  expect(await store.read(id, NOW_MS + 1_000)).toMatchObject({ orderNumber: 0 });
});

test.each([
  ['none', Number.NaN],
  ['broken', 1.5],
  ['negative', -1],
  ['text', '17'],
  ['past what the counter could go on from', 10 ** 15 + 1],
  ['endless', Number.POSITIVE_INFINITY],
])(
  'a number of a producer that is %s is left out, and the order is produced',
  async (_, number) => {
    const store = freshStore();
    const [id] = (await submitOrders(store, 1)) as [string];
    const orderNumber = number as number;
    const producer = producerOf(() => ({ kind: 'produced', orderNumber }));
    expect(await runDrain(store, { producer })).toMatchObject({ produced: 1 });
    const order = await store.read(id, NOW_MS + 1_000);
    expect(order?.status).toBe('produced');
    expect(order).not.toHaveProperty('orderNumber');
  },
);
