import { beforeAll, expect, test } from 'vitest';
import { billedCommands } from '../../local/billed-commands.ts';
import { announceTo } from '../events/announcing.ts';
import { startReceiver } from '../producers/receiver.ts';
import { claimRequest, NOW_MS, newOrder } from '../support/orders.ts';
import { startStack } from '../support/stack.ts';
import { freshStore, type TestStore } from '../support/store.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
const { redis } = freshStore(stack);

// Redis has the scripts, as it does but for the first seconds after it was made.
beforeAll(async () => {
  await using receiver = await startReceiver();
  for (const isAnnounced of [true, false]) {
    const store = freshStore(stack, { isAnnounced });
    await produced(store, 2);
    await announceTo(store, receiver.url);
  }
  return stack.stop;
});

async function billedFor(work: () => Promise<unknown>): Promise<number> {
  const count = async () => billedCommands(await redis.exec<string>(['INFO', 'commandstats']));
  const before = await count();
  await work();
  return (await count()) - before;
}

async function submitted(store: TestStore, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, (_, index) => newOrder(`key-${index}`));
  await store.submitAll(orders, NOW_MS);
  return orders.map(({ id }) => id);
}

/** One is canceled, the others are produced as one batch. */
async function produced(store: TestStore, count: number) {
  const [canceled = '', ...ids] = await submitted(store, count);
  await store.cancel({ id: canceled, nowMs: NOW_MS });
  const { token } = await store.claim(claimRequest({ ordersMax: 500 }));
  const settlements = ids.map((id) => ({ id, kind: 'produced' as const }));
  await store.settle(token, settlements, NOW_MS);
}

test('events cost 2 commands for each batch that is settled, and 2 for a cancel', async () => {
  const off = await billedFor(() => produced(freshStore(stack), 101));
  const on = await billedFor(() => produced(freshStore(stack, { isAnnounced: true }), 101));
  expect(on - off).toBe(4);
});

test('an event costs 1.1 commands to announce, in pages of 100', async () => {
  const store = freshStore(stack, { isAnnounced: true });
  await produced(store, 200);
  await using receiver = await startReceiver();
  const billed = await billedFor(() => announceTo(store, receiver.url));
  expect(receiver.all).toHaveLength(200);
  expect(billed / 200).toBeLessThanOrEqual(1.1);
});

test('a run that finds nothing to announce costs 1 command', async () => {
  const { events } = freshStore(stack, { isAnnounced: true });
  expect(await billedFor(() => events.waiting())).toBe(1);
});
