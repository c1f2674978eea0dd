import type { Behind, BehindOptions } from './behind.ts';
import { serve } from './http.ts';
import { createLedger, type Handover } from './ledger.ts';

/** What a drain process asks for, for each order of a batch. */
export interface HandoverRequest {
  readonly token: number;
  readonly orders: readonly Handover[];
}

/**
 * Behind the default producer, whose effects are in Redis: a ledger outside of it, which takes an
 * order's id as its idempotency key and remembers every call.
 */
export async function startOrderNumbersBehind({ onEffect }: BehindOptions): Promise<Behind> {
  const ledger = createLedger();
  const server = await serve(({ body, drain }, outgoing) => {
    const { token, orders } = JSON.parse(body) as HandoverRequest;
    for (const { id } of orders) ledger.seen(id, token);
    onEffect(drain, 'before');
    const verdicts = orders.map((order) => [order.id, ledger.take(order.id, order)]);
    if (onEffect(drain, 'after')) outgoing.destroy();
    else outgoing.end(JSON.stringify(verdicts));
  });
  return {
    producer: new URL('./order-numbers-producer.ts', import.meta.url),
    environmentOf: (drain) => ({ CHAOS_LEDGER_URL: server.urlOf(drain) }),
    takesNumbers: true,
    faults: () => 0,
    heal: async () => undefined,
    entries: async () => ledger.entries,
    stop: server.stop,
  };
}
