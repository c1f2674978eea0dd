import type { Producer, ProducerAnswer } from '../../lib/production/producer.ts';
import type { ClaimedOrder } from '../../lib/queue/store.ts';

/** What the system behind knows: it takes an order's id as its idempotency key, as it must. */
export interface Ledger {
  /** The number that each order took effect with, by id. */
  readonly effects: ReadonlyMap<string, number>;
  /** How often each order was handed over, by id. */
  readonly calls: ReadonlyMap<string, number>;
  readonly producer: Producer;
}

/**
 * @param answer  what becomes of an order at a call; it takes effect where nothing is said, and is
 *   forgotten for `forget`
 */
export function ledger(
  answer: (order: ClaimedOrder) => ProducerAnswer | 'forget' | undefined = () => undefined,
): Ledger {
  const effects = new Map<string, number>();
  const calls = new Map<string, number>();
  const answerFor = (order: ClaimedOrder): ProducerAnswer | 'forget' => {
    const { id } = order;
    calls.set(id, (calls.get(id) ?? 0) + 1);
    const other = answer(order);
    if (other !== undefined) return other;
    const orderNumber = effects.get(id) ?? effects.size + 1;
    effects.set(id, orderNumber);
    return { kind: 'produced', orderNumber };
  };
  return {
    effects,
    calls,
    producer: async (orders) => {
      const answers = orders.map((order) => [order.id, answerFor(order)] as const);
      return new Map(
        answers.filter((pair): pair is [string, ProducerAnswer] => pair[1] !== 'forget'),
      );
    },
  };
}
