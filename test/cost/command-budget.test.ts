import { beforeAll, expect, test } from 'vitest';
import { billedCommands } from '../../local/billed-commands.ts';
import { bearer, functionEnvironment, httpEvent, lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore } from '../support/store.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
const environment = functionEnvironment(stack);
Object.assign(process.env, environment);
const submit = (await import('../../functions/submit-order.ts')).handler;
const submitBatch = (await import('../../functions/submit-batch.ts')).handler;
const drain = (await import('../../functions/drain-queue.ts')).handler;
const { redis } = freshStore(stack);

// Redis has the scripts, as it does but for the first seconds after it was made.
beforeAll(async () => {
  await submitOrder('warm-up');
  await drain({ slot: 0 }, lambdaContext());
  return stack.stop;
});

function submitOrder(key: string) {
  const headers = {
    authorization: bearer('shop'),
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const body = JSON.stringify(orderBody());
  return submit(httpEvent('POST /orders', { headers, body }), lambdaContext());
}

/** What Redis says that it executed, inside scripts too, while `work` ran. */
async function billedFor(work: () => Promise<unknown>): Promise<number> {
  const count = async () => billedCommands(await redis.exec<string>(['INFO', 'commandstats']));
  const before = await count();
  await work();
  return (await count()) - before;
}

test('an order costs at most 6.2 billed commands in its whole life, in batches of 100', async () => {
  const orders = 300;
  const billed = await billedFor(async () => {
    for (let index = 0; index < orders; index += 1) await submitOrder(`life-${index}`);
    expect(await drain({ slot: 0 }, lambdaContext())).toMatchObject({
      report: { produced: orders },
    });
  });
  expect(billed / orders).toBeLessThanOrEqual(6.2);
});

test('an order costs at most 3.3 billed commands in its whole life, submitted in batches of 100', async () => {
  const headers = { authorization: bearer('shop'), 'content-type': 'application/json' };
  const billed = await billedFor(async () => {
    for (const batch of ['a', 'b', 'c']) {
      const orders = Array.from({ length: 100 }, (_, index) =>
        orderBody({ idempotencyKey: `${batch}-${index}` }),
      );
      const event = httpEvent('POST /orders/batch', { headers, body: JSON.stringify({ orders }) });
      expect((await submitBatch(event, lambdaContext())).statusCode).toBe(200);
    }
    expect(await drain({ slot: 0 }, lambdaContext())).toMatchObject({ report: { produced: 300 } });
  });
  expect(billed / 300).toBeLessThanOrEqual(3.3);
});

test('one batch of 100 alone, with its drain’s lock, stays within 6.2 for each order', async () => {
  const billed = await billedFor(async () => {
    for (let index = 0; index < 100; index += 1) await submitOrder(`batch-${index}`);
    await drain({ slot: 0 }, lambdaContext());
  });
  expect(billed / 100).toBeLessThanOrEqual(6.2);
});

test('a new order costs 4 billed commands to take in, and a repeat of it 3', async () => {
  expect(await billedFor(() => submitOrder('one'))).toBe(4);
  expect(await billedFor(() => submitOrder('one'))).toBeLessThanOrEqual(3);
});

test('a drain that finds nothing costs at most 8 billed commands', async () => {
  await drain({ slot: 0 }, lambdaContext());
  expect(await billedFor(() => drain({ slot: 0 }, lambdaContext()))).toBeLessThanOrEqual(8);
});
