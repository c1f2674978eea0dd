import { orderNumberProducer } from '../../lib/production/producers/order-numbers.ts';
import { NOW_MS } from '../support/orders.ts';
import { conformanceOf } from './conformance.ts';

// Nothing is behind it but Redis: a number takes effect when the order is settled with it.
conformanceOf(
  'order-numbers',
  async (store) => ({
    createProducer: () => orderNumberProducer(store.numbers),
    async effectsOf(id) {
      const order = await store.read(id, NOW_MS);
      return order?.orderNumber === undefined ? 0 : 1;
    },
    async [Symbol.asyncDispose]() {},
  }),
  { lacks: ['refuse', 'hang', 'loseNextAnswer', 'tokenOf'] },
);
