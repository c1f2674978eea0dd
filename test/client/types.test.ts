import { expectTypeOf, test } from 'vitest';
import type { Client, NewOrder } from '../../lib/client/client.ts';
import type { BatchResults, OrderDocument } from '../../lib/contract/schemas.ts';
import type { ORDER_STATUSES } from '../../lib/orders/order.ts';

test('an order to submit is typed by the definition that validates it, and may be readonly', () => {
  const order = {
    customer: 'a',
    currency: 'GBP',
    lines: [{ sku: 'x', quantity: 1, unitAmount: 1 }],
    metadata: { channel: 'web' },
  } as const;
  expectTypeOf(order).toExtend<NewOrder>();
  expectTypeOf<Omit<typeof order, 'lines'>>().not.toExtend<NewOrder>();
  expectTypeOf<typeof order & { readonly customer: 7 }>().not.toExtend<NewOrder>();
  expectTypeOf<NewOrder['produceAt']>().toEqualTypeOf<string | undefined>();
});

test('answers are typed by the definitions that describe them', () => {
  type Order = Awaited<ReturnType<Client['get']>>;
  expectTypeOf<Order>().toEqualTypeOf<OrderDocument>();
  expectTypeOf<Order['status']>().toEqualTypeOf<(typeof ORDER_STATUSES)[number]>();
  expectTypeOf<Order['orderNumber']>().toEqualTypeOf<number | undefined>();
  type Query = NonNullable<Parameters<Client['list']>[0]>;
  expectTypeOf<Query['status']>().toEqualTypeOf<Order['status'] | undefined>();
});

test('results of a batch and the end of a wait are told apart by their kind', () => {
  type Result = Awaited<ReturnType<Client['submitBatch']>>[number];
  type Accepted = Extract<Result, { kind: 'accepted' }>;
  type Contract = Extract<BatchResults['results'][number], { status: 202 }>;
  expectTypeOf<Accepted['receipt']>().toEqualTypeOf<Contract['order']>();
  type Waited = Awaited<ReturnType<Client['waitUntilProduced']>>;
  expectTypeOf<Waited['kind']>().toEqualTypeOf<'produced' | 'dead' | 'canceled' | 'timeout'>();
});
