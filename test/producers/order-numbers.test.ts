import { defaultProducer } from '../support/drains.ts';
import { NOW_MS } from '../support/orders.ts';
import { readOrder } from '../support/store.ts';
import { conformanceOf } from './conformance.ts';

// Nothing is behind it but Redis: a number takes effect when the order is settled with it.
conformanceOf(
  'order-numbers',
  async (store) => ({
    createProducer: () => defaultProducer,
    async effectsOf(id) {
      const order = await readOrder(store, id, NOW_MS);
      return order?.orderNumber === undefined ? 0 : 1;
    },
    async [Symbol.asyncDispose]() {},
  }),
  { lacks: ['refuse', 'hang', 'loseNextAnswer', 'tokenOf'] },
);
