import type { CreateProducer, ProducerAnswer } from './producer.ts';

const NUMBERED: ProducerAnswer = { kind: 'produced', orderNumber: 'next' };

/**
 * The default producer: gives each order the next number, in the order in which they were claimed.
 * A number is given when the order is settled, in the same atomic step, so this producer makes no
 * request of its own.
 */
export const createProducer: CreateProducer = () => async (orders) =>
  new Map(orders.map(({ id }) => [id, NUMBERED]));
