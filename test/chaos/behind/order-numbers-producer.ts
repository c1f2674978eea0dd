import type { CreateProducer } from '../../../lib/production/producer.ts';
import { orderNumberProducer } from '../../../lib/production/producers/order-numbers.ts';
import type { Nature } from '../order-plan.ts';
import type { Verdict } from './ledger.ts';
import type { HandoverRequest } from './order-numbers.ts';

/** The default producer, which gives orders their numbers, and has a ledger take note of them. */
export const createProducer: CreateProducer = ({ env, numbers }) => {
  const giveNumbers = orderNumberProducer(numbers);
  return async (orders, context) => {
    const numbered = await giveNumbers(orders, context);
    const request: HandoverRequest = {
      token: context.token,
      orders: orders.map(({ id, metadata, totalAmount }) => {
        const answer = numbered.get(id);
        const orderNumber = answer?.kind === 'produced' ? (answer.orderNumber ?? 0) : 0;
        return { id, nature: metadata?.nature as Nature, totalAmount, orderNumber };
      }),
    };
    const answer = await fetch(env.CHAOS_LEDGER_URL as string, {
      method: 'POST',
      body: JSON.stringify(request),
      signal: context.signal,
    });
    return new Map((await answer.json()) as [string, Verdict][]);
  };
};
