import { expect, test } from 'vitest';
import { activityOf, stepsOf } from '../../lib/operate/activity.ts';
import { drainsBetween } from '../../lib/store/activity.ts';
import { NOW_MS } from '../support/orders.ts';
import { freshStore } from '../support/store.ts';
import { seedRush } from './seed.ts';

const HOUR_MS = 3_600_000;
const RUSH = {
  ...{ accepted: 1_000, produced: 600, dead: [78, 4, 0] as const },
  ...{ toRetry: 6, scheduled: 8, canceled: 1 },
};

test('of each minute of an hour it is told what came in and what became of it, retries or not', async () => {
  const store = freshStore();
  const { minutes } = await seedRush(store, NOW_MS, RUSH);
  const [first] = minutes;
  const startMs = first?.atMs ?? expect.fail();
  const noted = await drainsBetween(store, startMs - HOUR_MS, startMs + HOUR_MS);
  const { buckets } = activityOf(noted, stepsOf(startMs, startMs + HOUR_MS, 1));
  const told = buckets.map(({ at, cameIn, produced, dead }) => {
    return { atMs: Date.parse(at), cameIn, produced, dead };
  });
  // Before the first drain nobody has looked.
  expect(told).toEqual(
    minutes.map((minute, at) => (at === 0 ? { ...minute, cameIn: null } : minute)),
  );
});
