import type { CreateProducer, Producer } from '../../lib/producers/producer.ts';

/** A producer that some orders end the process of, each in its way. */
export const mortalProducer: Producer = async (orders, { signal, token }) => {
  for (const { reference } of orders) {
    if (reference === 'exits') process.exit(1);
    if (reference === 'throws where nobody catches') {
      setImmediate(() => {
        throw new Error('canary');
      });
      await new Promise(() => undefined);
    }
    if (reference === 'throws') throw new TypeError('canary');
    if (reference === 'waits') await new Promise((stop) => signal.addEventListener('abort', stop));
    if (reference === 'goes round and round') for (;;);
  }
  return new Map(
    orders.map(({ id }) => [id, { kind: 'produced', result: { token, of: process.env.SECRET } }]),
  );
};

export const createProducer: CreateProducer = () => mortalProducer;
