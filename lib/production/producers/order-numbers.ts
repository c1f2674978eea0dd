import type { OrderNumbers } from '../../queue/store.ts';
import type { CreateProducer, Producer, ProducerAnswer } from '../producer.ts';

/**
 * The default producer: gives each order of a batch a number, in the order of the claim. Numbers
 * are unique and increase from batch to batch. They take effect when the batch is settled; a
 * drain that dies before that leaves a gap.
 */
export function orderNumberProducer(numbers: OrderNumbers): Producer {
  return async (orders) => {
    const first = await numbers.take(orders.length);
    return new Map(
      orders.map(({ id }, index): [string, ProducerAnswer] => [
        id,
        { kind: 'produced', orderNumber: first + index },
      ]),
    );
  };
}

export const createProducer: CreateProducer = ({ numbers }) => orderNumberProducer(numbers);
