import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';
import { cancel } from '../../lib/store/cancel.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { functionEnvironment } from '../support/functions.ts';
import { NOW_MS, newOrder, submitOrders } from '../support/orders.ts';
import { expectAllInPlace, expectNoneTwice, snapshot } from '../support/places.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder, storeWith, submitAll } from '../support/store.ts';
import { mortalStore } from '../support/watched-store.ts';

/** Kills a drain of three batches at one of its requests; `false` if it makes fewer. */
async function killAt(request: number, when: 'before' | 'after', lanes: number): Promise<boolean> {
  const store = freshStore();
  const ids = await submitOrders(store, 5);
  await cancel(store, { id: ids[1] as string, nowMs: NOW_MS });
  const mortal = mortalStore(store, { request, when });
  const producer = producerOf((id) =>
    id === ids[3]
      ? { kind: 'rejected', reason: 'no such SKU' }
      : { kind: 'produced', orderNumber: 'next' },
  );
  const draining = runDrain(mortal.store, { producer, limits: { batchSize: 2, lanes } });
  const end = await Promise.race([draining, mortal.died]);
  expectNoneTwice(await snapshot(store));
  for (const hours of [1, 2, 3]) {
    await runDrain(store, { producer, clock: steppedClock(NOW_MS + hours * 3_600_000) });
  }
  await expectAllInPlace(store, ids);
  const orders = await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)));
  expect(orders.map((order) => order?.status)).toEqual(
    ids.map((_, at) => (at === 1 ? 'canceled' : at === 3 ? 'dead' : 'produced')),
  );
  expect(new Set(orders.map((order) => order?.orderNumber)).size).toBe(4);
  return end === 'died';
}

test.for(
  [1, 2].flatMap((lanes) => (['before', 'after'] as const).map((when) => ({ lanes, when }))),
)(
  'a drain with $lanes lanes that is killed $when any of its requests loses no order and doubles none',
  async ({ lanes, when }) => {
    let request = 0;
    while (await killAt(request, when, lanes)) request += 1;
    // A look, then a claim or a settle with the next claim and a read for each batch, and a last settle.
    expect(request).toBeGreaterThanOrEqual(8);
  },
);

test('drain processes side by side produce every order once', async () => {
  const environment = functionEnvironment();
  const store = storeWith(inject('upstash'), environment.SLUICE_PREFIX as string);
  const orders = Array.from({ length: 100 }, (_, at) => newOrder(`key-${at}`));
  await submitAll(store, orders);
  const file = new URL('../support/drain-process.ts', import.meta.url).pathname;
  const processes = [0, 1, 2].map((slot) =>
    spawn(process.execPath, [file, String(slot)], {
      env: { ...process.env, ...environment, SLUICE_BATCH_SIZE: '5' },
      stdio: 'ignore',
    }),
  );
  const exits = await Promise.all(processes.map((child) => once(child, 'exit')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
  const read = await Promise.all(orders.map(({ id }) => readOrder(store, id, NOW_MS)));
  expect(new Set(read.map((order) => order?.orderNumber)).size).toBe(orders.length);
  expect(read.every((order) => order?.status === 'produced' && order.attempts === 1)).toBe(true);
});
