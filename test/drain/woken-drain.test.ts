import { expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { wokenDrain } from '../../lib/drain/woken-drain.ts';
import { readyClients } from '../../lib/store/claim.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { freshStore, submitOne, type TestStore } from '../support/store.ts';

/** A clock on which `meanwhile` happens in the time that somebody waits. */
function clockWith(meanwhile: () => Promise<unknown>): Clock & { waitedMs: () => number } {
  let nowMs = NOW_MS + 1_000;
  let waitedMs = 0;
  return {
    now: () => nowMs,
    after(delayMs, call) {
      waitedMs += delayMs;
      void meanwhile().then(() => {
        nowMs += delayMs;
        call();
      });
      return () => {};
    },
    waitedMs: () => waitedMs,
  };
}

const submit = (store: TestStore, key: string) => submitOne(store, newOrder(key));

test('a woken drain looks once more when the interval is over, for what came after its first look', async () => {
  const store = freshStore();
  await submit(store, 'first');
  let drains = 0;
  const clock = clockWith(() => submit(store, 'late'));
  const outcome = await wokenDrain({
    store,
    clock,
    intervalMs: 1_000,
    drain: async () => {
      drains += 1;
      return { kind: 'drained', report: await runDrain(store) };
    },
  });
  expect(outcome).toMatchObject({ report: { produced: 1 } });
  expect(drains).toBe(2);
  expect(clock.waitedMs()).toBe(1_000);
  expect(await readyClients(store, NOW_MS + 9_000)).toEqual([]);
});

test('a woken drain that was at work for the whole interval looks again without waiting', async () => {
  let nowMs = NOW_MS;
  const clock: Clock = { now: () => nowMs, after: () => expect.fail('It need not wait.') };
  const store = freshStore();
  await submit(store, 'waits');
  let drains = 0;
  await wokenDrain({
    store,
    clock,
    intervalMs: 1_000,
    drain: async () => {
      drains += 1;
      nowMs += 1_000;
      return { kind: 'busy' };
    },
  });
  expect(drains).toBe(2);
});

test('a woken drain that finds nothing more does not drain again', async () => {
  const store = freshStore();
  let drains = 0;
  await wokenDrain({
    store,
    clock: clockWith(async () => {}),
    intervalMs: 1_000,
    drain: async () => {
      drains += 1;
      return { kind: 'busy' };
    },
  });
  expect(drains).toBe(1);
});
