import { expect, test } from 'vitest';
import type { Producer } from '../../lib/producers/producer.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { submit } from '../../lib/store/submit.ts';
import { producerOf, runDrain } from '../support/drains.ts';
import { IS_LONG } from '../support/long.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';

const MINUTE_MS = 60_000;
const FLOOD = IS_LONG ? 100_000 : 12_000;
const BATCH = 500;
const LANES = 2;
/** What the downstream system takes for an order: a batch of 500 takes five seconds. */
const ORDER_MS = 10;
const BATCH_MS = BATCH * ORDER_MS;

async function submitMany(
  store: TestStore,
  client: string,
  count: number,
  atMs = NOW_MS,
  produceAtMs?: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const orders = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) =>
      newOrder(`${atMs}-${from + at}`, {
        client,
        ...(produceAtMs !== undefined && { submission: { produceAtMs } }),
      }),
    );
    const limits = { pendingMax: FLOOD, queueMax: FLOOD };
    await submit(store, { client, orders, nowMs: atMs, ...limits });
    ids.push(...orders.map(({ id }) => id));
  }
  return ids;
}

const busy = producerOf(() => ({ kind: 'retry', reason: 'busy' }));
const never = producerOf(() => ({ kind: 'rejected', reason: 'no' }));
const limits = { batchSize: BATCH, lanes: LANES, attemptsMax: 24 };

/** A crowd of one client's orders, all ready a minute later. */
const CROWDS: Record<string, (store: TestStore, count: number) => Promise<unknown>> = {
  queued: (store, count) => submitMany(store, 'flood', count),
  scheduled: (store, count) => submitMany(store, 'flood', count, NOW_MS, NOW_MS + 30_000),
  async retried(store, count) {
    await submitMany(store, 'flood', count);
    await runDrain(store, { producer: busy, limits });
  },
  async redriven(store, count) {
    const ids = await submitMany(store, 'flood', count);
    await runDrain(store, { producer: never, limits });
    for (let from = 0; from < count; from += BATCH) {
      const some = ids.slice(from, from + BATCH);
      await redrive(store, { ids: some, pauseMs: 0, redriveId: `m${from}`, nowMs: NOW_MS + 1_000 });
    }
  },
};

/** Drains each minute for a minute; ten orders of another client come in each, at any moment of it. */
async function waitsBeside(store: TestStore, clock: SteppedClock, minutes: number) {
  const acceptedAtMs = new Map<string, number>();
  const waits: number[] = [];
  let produced = 0;
  let isLast = false;
  let nextAtMs = clock.now() + 1_234;
  const submitDue = async () => {
    for (; nextAtMs <= clock.now(); nextAtMs += MINUTE_MS / 10) {
      const [id = ''] = await submitMany(store, 'other', 1, nextAtMs);
      acceptedAtMs.set(id, nextAtMs);
    }
  };
  const producer: Producer = async (orders, { deadlineMs }) => {
    const inTime = orders.slice(0, Math.floor((deadlineMs - clock.now()) / ORDER_MS));
    clock.step(inTime.length * ORDER_MS);
    for (const { id } of inTime) {
      const atMs = acceptedAtMs.get(id);
      if (atMs !== undefined) waits.push(clock.now() - atMs);
      else produced += 1;
    }
    if (!isLast) await submitDue();
    return new Map(
      orders.map(({ id }, at) => [id, { kind: at < inTime.length ? 'produced' : 'untried' }]),
    );
  };
  for (let minute = 1; minute <= minutes; minute += 1) {
    const startMs = clock.now();
    await submitDue();
    await runDrain(store, { producer, clock, limits, timeMs: MINUTE_MS });
    clock.step(Math.max(0, startMs + MINUTE_MS - clock.now()));
  }
  isLast = true;
  await runDrain(store, { producer, clock, limits, timeMs: MINUTE_MS });
  return { waits, produced, submitted: acceptedAtMs.size };
}

test.for(Object.entries(CROWDS))(
  'beside a crowd of %s orders of one client, another client’s ten a minute wait for two batches of each lane',
  { timeout: 600_000 },
  async ([, crowd]) => {
    const store = freshStore();
    await crowd(store, FLOOD);
    const clock = steppedClock(NOW_MS + MINUTE_MS);
    // The crowd lasts for all of it: a minute takes 6,000 orders.
    const minutes = Math.min(FLOOD / 6_000, 10);
    const { waits, produced, submitted } = await waitsBeside(store, clock, minutes);
    expect(waits).toHaveLength(submitted);
    expect(submitted).toBeGreaterThan(9 * minutes);
    expect(produced).toBeGreaterThan(4_000 * minutes);
    // What each lane has claimed by then and claims next, the pause between two drains, and the batch
    // that the drain before has given back, which comes first.
    expect(Math.max(...waits)).toBeLessThanOrEqual((2 * LANES + 2) * BATCH_MS);
  },
);
