import type { Producer } from '../../../lib/production/producer.ts';
import { orderNumberProducer } from '../../../lib/production/producers/order-numbers.ts';
import { orderNumbers } from '../../../lib/redis/order-numbers.ts';
import type { SimulatedProcess } from '../process.ts';
import type { World } from '../world.ts';
import { ledgerProducer } from './ledger.ts';
import { createPostgres } from './postgres.ts';
import { createReceiver } from './receiver.ts';

/** What stands behind the drains of a run. */
export interface Behind {
  /** The producer of a process, for as long as that lives. */
  producerOf(process: SimulatedProcess): Producer;
}

export function createBehind(world: World): Behind {
  switch (world.plan.behind) {
    case 'order-numbers':
      return {
        producerOf: (process) =>
          orderNumberProducer(orderNumbers(world.connect(process, 2_500), world.keys)),
      };
    case 'ledger':
      return { producerOf: (process) => ledgerProducer(world, process) };
    case 'webhook, by the order':
      return createReceiver(world, 'order');
    case 'webhook, by the batch':
      return createReceiver(world, 'batch');
    case 'postgres':
      return createPostgres(world);
  }
}
