import type { SimulatedProcess } from '../process.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';
import { checkAmount, memoryOf, nextEffect, shuffled } from './effects.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** An order as it comes to the receiver. */
interface Sent {
  readonly id: string;
  readonly customer: string;
  readonly totalAmount: number;
}

type Message =
  | { readonly type: 'order.produce'; readonly data: Sent }
  | { readonly type: 'orders.produce'; readonly data: { readonly orders: readonly Sent[] } };

/** What becomes of one order: as in the results of a batch, or nothing, as if it were not named. */
type Verdict =
  | { readonly status: 'produced'; readonly orderNumber: number }
  | { readonly status: 'rejected'; readonly reason: string }
  | { readonly status: 'retry'; readonly reason: string; readonly retryAfterMs?: number }
  | undefined;

/** What a receiver does with the orders that come to it: an order's id is its idempotency key. */
export interface Shop {
  /**
   * Looks at a POST as it is sent.
   *
   * @returns the ids of its orders
   * @throws Violation
   */
  check(request: WireRequest): string[];
  /** All that a POST brings about, and what is answered to it. */
  serve(process: SimulatedProcess, request: WireRequest): WireResponse;
}

export function createShop(world: World): Shop {
  const { random, scheduler, history } = world;
  const numbers = new Map<string, number>();

  /** @throws Violation where it took effect under another key before */
  function effectOf(key: string, id: string): number {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const memory = memoryOf(world, id);
    if (memory.effect !== undefined) throw new Violation('an order takes effect twice', id);
    memory.effect = nextEffect(world);
    numbers.set(key, memory.effect);
    const what = () => `gives number ${memory.effect} for the key ${key}`;
    history.note(scheduler.now(), 'receiver', [id], what);
    return memory.effect;
  }

  /** What the receiver makes of one order, by its nature. */
  function verdictOn(key: string, { id }: Sent): Verdict {
    const memory = memoryOf(world, id);
    const { nature } = memory.planned;
    if (nature === 'rejects') {
      memory.wasRejected = true;
      return { status: 'rejected', reason: 'The receiver will never take it.' };
    }
    if (world.isStorm() && nature === 'fickle') {
      const mood = random();
      if (mood < 0.3) {
        return { status: 'retry', reason: 'Later.', retryAfterMs: random.whole(0, 60_000) };
      }
      if (mood < 0.5) return { status: 'retry', reason: 'Later.' };
      if (mood < 0.6) return undefined;
    }
    return { status: 'produced', orderNumber: effectOf(key, id) };
  }

  function serve(process: SimulatedProcess, { headers, body }: WireRequest): WireResponse {
    const { orders, isBatch } = ordersIn(body);
    const natures = orders.map(({ id }) => memoryOf(world, id).planned.nature);
    if (world.isStorm() && natures.includes('kills')) process.crash('at the order that kills');
    if (world.isStorm() && natures.includes('throws')) return { status: 500 };
    if (isBatch) {
      const results = orders.flatMap((order) => {
        const verdict = verdictOn(order.id, order);
        return verdict ? [{ id: order.id, ...verdict }] : [];
      });
      return { status: 200, body: JSON.stringify({ results: shuffled(results, random) }) };
    }
    const [order] = orders;
    return responseTo(order && verdictOn(headers['idempotency-key'] ?? '', order));
  }

  function check({ headers, body }: WireRequest): string[] {
    const { orders } = ordersIn(body);
    for (const { id, customer, totalAmount } of orders) {
      const memory = memoryOf(world, id);
      if (!memory.isDamaged) checkAmount(memory, { customer, amount: totalAmount });
      if (orders.length > 1) continue;
      memory.sentUnder.add(Number(headers['sluice-fencing-token']));
      memory.sentBody ??= body;
      if (memory.sentBody !== body && !memory.isDamaged) {
        throw new Violation('an order is sent otherwise than before', id);
      }
    }
    return orders.map(({ id }) => id);
  }

  return { check, serve };
}

function ordersIn(body: string): { orders: readonly Sent[]; isBatch: boolean } {
  const message = JSON.parse(body) as Message;
  const isBatch = message.type === 'orders.produce';
  return { orders: isBatch ? message.data.orders : [message.data], isBatch };
}

function responseTo(verdict: Verdict): WireResponse {
  const { status, ...rest } = verdict ?? { status: 'forgotten' as const };
  const body = JSON.stringify(rest);
  switch (status) {
    case 'produced':
      return { status: 200, body };
    case 'rejected':
      return { status: 422, body };
    case 'retry': {
      const { retryAfterMs } = rest as { retryAfterMs?: number };
      const seconds = String(Math.ceil((retryAfterMs ?? 0) / 1000));
      return { status: 409, body, ...(retryAfterMs && { headers: { 'retry-after': seconds } }) };
    }
    case 'forgotten':
      return { status: 408 };
  }
}
