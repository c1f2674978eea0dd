import { once } from 'node:events';
import { expect, inject, onTestFinished, test } from 'vitest';
import { ProducerDied } from '../../lib/drain/produce-batch.ts';
import { threadsOf } from '../../lib/drain/producer-thread.ts';
import { claimedOrders, contextOf } from '../producers/claimed.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { packagedDrain } from '../support/packaged-drain.ts';
import { readOrder, storeWith, submitAll } from '../support/store.ts';
import { mortalProducer } from './mortal-producer.ts';
import { mortalThread } from './mortal-thread.ts';

function thread() {
  const { isolated, stop } = mortalThread();
  onTestFinished(stop);
  return isolated;
}

const orders = claimedOrders(3);
const ordersThat = (reference: string) =>
  claimedOrders(1).map((order) => ({ ...order, reference }));

test('a producer in a thread gets orders, token and secrets, and its answers come back', async () => {
  const answers = await thread()(orders, contextOf());
  expect([...answers]).toEqual(
    orders.map(({ id }) => [id, { kind: 'produced', result: { token: 7, of: 'known' } }]),
  );
});

test.each(['exits', 'throws where nobody catches'])(
  'an order that %s ends the thread alone, and the next batch gets another one',
  async (reference) => {
    const isolated = thread();
    await expect(isolated(ordersThat(reference), contextOf())).rejects.toThrow(ProducerDied);
    expect((await isolated(orders, contextOf())).size).toBe(3);
  },
);

test('what the producer throws is thrown, with its place and without its message', async () => {
  const error = await thread()(ordersThat('throws'), contextOf()).catch((thrown) => thrown);
  expect(error.message).toBe('TypeError');
  expect(error.stack).toContain('mortal-producer.ts');
  expect(error).not.toBeInstanceOf(ProducerDied);
});

test('the signal reaches the thread, and one that hears nothing any more can be stopped', async () => {
  const signal = AbortSignal.abort();
  expect((await thread()(ordersThat('waits'), contextOf(signal))).size).toBe(1);
  const { isolated, stop } = mortalThread();
  await isolated(orders, contextOf());
  const lost = isolated(ordersThat('goes round and round'), contextOf());
  await stop();
  await expect(lost).rejects.toThrow(ProducerDied);
});

test('where no thread starts, the producer works as it does without', async () => {
  const produce = threadsOf(mortalProducer, new URL('file:///nowhere.mjs'), {})().isolated;
  expect((await produce(orders, contextOf())).size).toBe(3);
});

test('as it is packaged, a drain dies of a killing order once, and not again', async () => {
  const drain = await packagedDrain('./test/drain/mortal-producer.ts');
  onTestFinished(drain.remove);
  // The pause before the second attempt is up to 5 s.
  const limits = { SLUICE_LEASE_MS: '1000', SLUICE_ATTEMPTS_MAX: '2' };
  const environment = functionEnvironment();
  const env = { ...environment, ...limits };
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const killers = ['exits', 'throws where nobody catches'].map((reference) =>
    newOrder(reference, { submission: { reference } }),
  );
  const good = Array.from({ length: 30 }, (_, at) => newOrder(`good-${at}`));
  await submitAll(store, [...good, ...killers]);
  const statuses = (some: typeof good) =>
    Promise.all(some.map(async ({ id }) => (await readOrder(store, id, NOW_MS))?.status));
  const exits: unknown[] = [];
  while (
    exits.length < 60 &&
    (await statuses([...good, ...killers])).some(
      (status) => !/^(?:dead|produced)$/.test(status ?? ''),
    )
  ) {
    const [code] = await once(drain.run(env), 'exit');
    exits.push(code);
    // A drain that died leaves it behind for half a minute.
    await store.redis.del(store.keys.lock(0));
  }
  expect(exits.filter((code) => code !== 0)).toHaveLength(1);
  expect(new Set(await statuses(good))).toEqual(new Set(['produced']));
  expect(new Set(await statuses(killers))).toEqual(new Set(['dead']));
});
