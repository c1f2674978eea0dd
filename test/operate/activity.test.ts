import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activityOf, quantileMs, stepsOf } from '../../lib/operate/activity.ts';
import { type DrainRecord, LATENCY_BOUNDS_MS } from '../../lib/store/activity.ts';

const T0 = Date.UTC(2026, 10, 27, 10);
const MINUTE_MS = 60_000;
const none = Array(LATENCY_BOUNDS_MS.length + 1).fill(0);

function drained(atMs: number, record: Partial<DrainRecord> = {}): DrainRecord {
  return {
    ...{ startMs: atMs, endMs: atMs + 1_000, slot: 0, drains: 1, woken: 0 },
    ...{ claimed: 0, arrived: 0, token: 0, produced: 0, retried: 0, dead: 0 },
    ...{ queued: 0, due: 0, oldestAgeMs: 0, latencies: none, ending: 'empty' as const },
    ...record,
  };
}

test('what came in is what the queues grew by and what was claimed for the first time', () => {
  const drains = [
    drained(T0 - MINUTE_MS, { claimed: 10, queued: 30, token: 10 }),
    drained(T0 + 500, {
      ...{ claimed: 100, arrived: 80, produced: 70, retried: 30, queued: 5, due: 9, token: 110 },
    }),
    drained(T0 + MINUTE_MS, {
      ...{ claimed: 5, arrived: 5, produced: 5, token: 115 },
      ...{ ending: 'producer-down', error: 'ERP: 503' },
    }),
  ];
  const steps = stepsOf(T0 + 1, T0 + 4 * MINUTE_MS - 1, 1);
  const activity = activityOf({ drains, idleMs: [T0 + 3 * MINUTE_MS] }, steps);
  expect(activity.buckets).toMatchObject([
    { cameIn: 55, claimed: 100, produced: 70, retried: 30, depth: 14, drains: 1 },
    { cameIn: 0, claimed: 5, depth: 0 },
    { cameIn: null, claimed: 0, depth: null, oldestAgeMs: null, p50Ms: null },
    { cameIn: 0, claimed: 0, depth: 0, drains: 0 },
  ]);
  expect(activity.drains[0]).toMatchObject({ ending: 'producer-down', error: 'ERP: 503' });
  expect(activity.lastSeenAt).toBe('2026-11-27T10:03:00.000Z');
});

test('whatever drains and arrivals there are, lost records and failures, what came in is all that came in', () => {
  const minute = fc.record({
    ...{ arrive: fc.nat(500), claim: fc.nat(500), again: fc.nat(50) },
    /** Whether another slot drains at the same time. */
    isBeside: fc.boolean(),
    fate: fc.constantFrom('noted', 'noted', 'killed', 'failed'),
  });
  fc.assert(
    fc.property(
      fc.array(minute, { minLength: 1, maxLength: 90 }),
      fc.integer({ min: 1, max: 60 }),
      (minutes, step) => {
        let [queued, arrived, token] = [0, 0, 0];
        const last = { ...minutes[0], arrive: 3, claim: 9_999, again: 0, isBeside: false };
        const records = [...minutes, { ...last, fate: 'noted' }].flatMap((one, at) => {
          const drain = (slot: number, again: number) => {
            const taken = Math.min(queued, one.claim);
            [queued, token] = [queued - taken, token + taken + again];
            return drained(T0 + at * MINUTE_MS + slot, {
              ...{ slot, claimed: taken + again, arrived: taken, retried: again, token },
              ...(one.fate === 'failed' ? { queued: null, due: null } : { queued }),
            });
          };
          [arrived, queued] = [arrived + one.arrive, queued + one.arrive];
          // What a drain that was killed had claimed counts as new.
          const some = [drain(0, one.fate === 'killed' ? 0 : one.again)];
          if (one.isBeside) some.push(drain(1, 0));
          return one.fate === 'killed' ? [] : some;
        });
        const steps = stepsOf(T0, T0 + (minutes.length + 1) * MINUTE_MS, step);
        const drains = [drained(T0 - MINUTE_MS), ...records];
        const { buckets } = activityOf({ drains, idleMs: [] }, steps);
        const sum = buckets.reduce((total, { cameIn }) => total + (cameIn ?? 0), 0);
        expect(sum).toBe(arrived);
      },
    ),
  );
});

test('quantiles lie between the bounds of their counts', () => {
  const counts = (at: number, count: number) => none.with(at, count);
  expect(quantileMs(none, 0.5)).toBeNull();
  expect(quantileMs(counts(0, 10), 0.5)).toBe(125);
  expect(quantileMs(counts(3, 4), 1)).toBe(2_500);
  expect(quantileMs(counts(LATENCY_BOUNDS_MS.length, 1), 0.5)).toBe(3_600_000);
  expect(quantileMs(counts(0, 90).with(3, 10), 0.95)).toBe(1_750);
});
