import { expect, test } from 'vitest';
import {
  type DrainRecord,
  drainsBetween,
  LATENCY_BOUNDS_MS,
  noteDrain,
  noteIdle,
} from '../../lib/store/activity.ts';
import { freshStore } from '../support/store.ts';

const WEEK_MS = 7 * 86_400_000;
const T0 = Date.UTC(2026, 10, 27, 10);
const record = (startMs: number, more: Partial<DrainRecord> = {}): DrainRecord => ({
  ...{ startMs, endMs: startMs + 500, slot: 0, drains: 1, woken: 0, claimed: 3, arrived: 1 },
  ...{ produced: 1, retried: 1, dead: 1, queued: 4, due: 0, token: 7, oldestAgeMs: 900 },
  ...{
    latencies: Array(LATENCY_BOUNDS_MS.length + 1)
      .fill(0)
      .with(2, 1),
    ending: 'time-up',
  },
  ...more,
});

test('what a drain leaves is read as it was, in the time that it is asked of', async () => {
  const store = freshStore();
  const drains = [
    record(T0, { error: 'ERP: "503"\n<img>' }),
    record(T0, { slot: 1 }),
    record(T0 + 3_599_999),
    record(T0 + 3_600_000, { ending: 'producer-down' }),
  ];
  for (const drain of drains) await noteDrain(store, { record: drain, trigger: 'schedule' });
  await noteIdle(store, T0 + 60_000);
  const end = T0 + 7_200_000;
  expect(await drainsBetween(store, T0, end)).toEqual({ drains, idleMs: [T0 + 60_000] });
  expect((await drainsBetween(store, T0 + 1, T0 + 3_600_000)).drains).toEqual([drains[2]]);
});

test('drains of the schedule in one minute and slot leave a record each, and so do those that came late', async () => {
  const store = freshStore();
  const [first, second] = [record(T0), record(T0 + 20_000, { claimed: 8 })];
  const late = [record(T0 - 3_600_000), record(T0 + 40_000, { ending: 'store-failed' })];
  await noteDrain(store, { record: first, trigger: 'schedule' });
  await noteDrain(store, { record: second, late, trigger: 'schedule' });
  const { drains } = await drainsBetween(store, T0 - 3_600_000, T0 + 60_000);
  expect(drains).toEqual([late[0], first, second, late[1]]);
});

test('a week later its field belongs to another minute, and its figures are not reported for that one', async () => {
  const store = freshStore();
  await noteDrain(store, { record: record(T0), trigger: 'schedule' });
  await noteDrain(store, { record: record(T0 + 60_000), trigger: 'schedule' });
  expect((await drainsBetween(store, T0 + WEEK_MS, T0 + WEEK_MS + 120_000)).drains).toEqual([]);
  const next = record(T0 + WEEK_MS);
  await noteDrain(store, { record: next, trigger: 'schedule' });
  expect((await drainsBetween(store, T0 + 60_000, T0 + WEEK_MS + 1)).drains).toEqual([
    record(T0 + 60_000),
    next,
  ]);
  expect(await store.redis.keys(store.keys.activity('*' as never))).toHaveLength(1);
});

test('drains of one minute that were woken or asked for add up, beside that of the schedule', async () => {
  const store = freshStore();
  await noteDrain(store, { record: record(T0 - WEEK_MS, { claimed: 99 }), trigger: 'woken' });
  await noteDrain(store, { record: record(T0, { woken: 1, error: 'x' }), trigger: 'woken' });
  await noteDrain(store, {
    record: record(T0 + 5_000, { queued: 0, due: null, oldestAgeMs: 5 }),
    trigger: 'asked',
  });
  await noteDrain(store, { record: record(T0 + 9_000), trigger: 'schedule' });
  const { drains } = await drainsBetween(store, T0, T0 + 60_000);
  expect(drains).toHaveLength(2);
  expect(drains[0]).toMatchObject({
    ...{ startMs: T0, endMs: T0 + 5_500, drains: 2, woken: 1, claimed: 6, arrived: 2 },
    ...{ produced: 2, queued: 0, due: null, oldestAgeMs: 900, error: 'x' },
  });
  expect(drains[0]?.latencies[2]).toBe(2);
});
