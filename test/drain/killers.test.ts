import { expect, test } from 'vitest';
import { ProducerDied } from '../../lib/drain/produce-batch.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder, submitAll, type TestStore } from '../support/store.ts';
import { mortalStore } from '../support/watched-store.ts';

const MINUTE_MS = 60_000;
const ATTEMPTS_MAX = 4;

/**
 * A drain a minute, of one slot, where some orders end whatever produces them: the drain itself, or the
 * thread that it uses where it has been warned.
 *
 * @returns how often each order was handed to a producer
 */
async function drainEachMinute(
  store: TestStore,
  killers: ReadonlySet<string>,
  { minutes, after }: { minutes: number; after: (minute: number) => Promise<void> },
): Promise<ReadonlyMap<string, number>> {
  const handed = new Map<string, number>();
  for (let minute = 1; minute <= minutes; minute += 1) {
    const died = Promise.withResolvers<void>();
    const mortal = mortalStore(store, { request: Number.POSITIVE_INFINITY, when: 'before' });
    const producing =
      (end: () => Promise<never>): Producer =>
      async (orders) => {
        for (const { id } of orders) handed.set(id, (handed.get(id) ?? 0) + 1);
        if (orders.some(({ id }) => killers.has(id))) return end();
        return new Map(orders.map(({ id }) => [id, { kind: 'produced' }]));
      };
    const drain = runDrain(mortal.store, {
      clock: steppedClock(NOW_MS + minute * MINUTE_MS),
      limits: { attemptsMax: ATTEMPTS_MAX, batchSize: 100 },
      isolated: producing(() => Promise.reject(new ProducerDied())),
      producer: producing(() => {
        mortal.kill();
        died.resolve();
        return new Promise(() => undefined);
      }),
    });
    await Promise.race([drain, died.promise]);
    await after(minute);
  }
  return handed;
}

test('400 orders among which 100 kill their drain are produced within four minutes, each killer after its attempts dead', async () => {
  const store = freshStore();
  const others = Array.from({ length: 200 }, (_, at) => newOrder(`key-${at}`, { client: 'other' }));
  await submitAll(store, others);
  const ids = [...(await submitOrders(store, 300)), ...others.map(({ id }) => id)];
  const killers = new Set(ids.filter((_, at) => at % 5 === 2));
  const statusOf = async (id: string) => (await readOrder(store, id, NOW_MS))?.status;
  const good = ids.filter((id) => !killers.has(id));
  let lastMinute = 0;
  const handed = await drainEachMinute(store, killers, {
    minutes: 8,
    async after(minute) {
      const states = await Promise.all(good.map(statusOf));
      if (states.some((status) => status !== 'produced')) lastMinute = minute + 1;
    },
  });
  expect(killers.size).toBe(100);
  expect(lastMinute).toBeLessThanOrEqual(4);
  for (const id of ids) {
    const order = await readOrder(store, id, NOW_MS);
    const isKiller = killers.has(id);
    expect(order?.status, id).toBe(isKiller ? 'dead' : 'produced');
    if (isKiller) expect(order?.attempts, id).toBe(ATTEMPTS_MAX);
    // What a lane held that died beside the other's batch was claimed, and not handed over.
    const unhanded = (order?.attempts ?? 0) - (handed.get(id) ?? 0);
    expect([0, 1], id).toContain(unhanded);
  }
  await expectAllInPlace(store, ids);
});

test('while killing orders wait, a drain dies of no other either, and what came with that is produced in two minutes', async () => {
  const store = freshStore();
  const [first] = (await submitOrders(store, 1)) as [string];
  const late = Array.from({ length: 30 }, (_, at) => newOrder(`late-${at}`));
  const [second, ...good] = late.map(({ id }) => id) as [string, ...string[]];
  await drainEachMinute(store, new Set([first, second]), {
    minutes: 4,
    after: async (minute) => void (minute === 2 && (await submitAll(store, late))),
  });
  for (const id of good) {
    expect(await readOrder(store, id, NOW_MS)).toMatchObject({ status: 'produced', attempts: 2 });
  }
  expect(await readOrder(store, second, NOW_MS)).toMatchObject({
    lastError: { kind: 'unanswered', reason: 'The producer died in this attempt.' },
  });
});

test('a client with a retry alone is served beside more clients with queues than a claim serves', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const busy = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
  await runDrain(store, { producer: busy });
  for (let at = 0; at < 60; at += 1) {
    const client = `flood-${at}`;
    await submitAll(
      store,
      Array.from({ length: 40 }, (_, key) => newOrder(`${key}`, { client })),
    );
  }
  let batches = 0;
  let atBatch = 0;
  const producer: Producer = async (orders) => {
    batches += 1;
    if (orders.some((order) => order.id === id)) atBatch = batches;
    return new Map(orders.map((order) => [order.id, { kind: 'produced' }]));
  };
  const clock = steppedClock(NOW_MS + MINUTE_MS);
  await runDrain(store, { clock, producer, limits: { batchSize: 100 } });
  expect(batches).toBeGreaterThan(20);
  expect([1, 2, 3, 4, 5]).toContain(atBatch);
});
