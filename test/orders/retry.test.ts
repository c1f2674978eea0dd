import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RETRY_DELAY_MS_BASE, RETRY_DELAY_MS_MAX, retryDelayMs } from '../../lib/orders/retry.ts';

const attempts = fc.integer({ min: 1, max: 10_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const delays = fc.oneof(
  fc.integer({ min: -1_000, max: 10 * RETRY_DELAY_MS_MAX }),
  fc.constant(Number.POSITIVE_INFINITY),
);

test('a delay is a whole number of milliseconds from 0 to the most', () => {
  fc.assert(
    fc.property(attempts, randoms, delays, (attempt, random, afterMs) => {
      const delayMs = retryDelayMs(attempt, random, afterMs);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(RETRY_DELAY_MS_MAX);
    }),
  );
});

test('a delay that the producer asks for is the least, and the jitter comes on top', () => {
  fc.assert(
    fc.property(attempts, randoms, delays, (attempt, random, afterMs) => {
      const delayMs = retryDelayMs(attempt, random, afterMs);
      expect(delayMs).toBeGreaterThanOrEqual(Math.min(afterMs, RETRY_DELAY_MS_MAX));
      expect(delayMs).toBeGreaterThanOrEqual(retryDelayMs(attempt, random));
    }),
  );
  expect(retryDelayMs(3, 0.5, 10_000)).toBe(20_000);
});

test('without one, the delay lies under a ceiling that doubles with each attempt', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), randoms, (attempt, random) => {
      const ceilingMs = RETRY_DELAY_MS_BASE * 2 ** (attempt - 1);
      expect(retryDelayMs(attempt, random)).toBeLessThanOrEqual(ceilingMs);
      expect(retryDelayMs(attempt, 0.5)).toBe(ceilingMs / 2);
    }),
  );
});

test('the jitter is full: the delay can be anything from nothing to the ceiling', () => {
  expect(retryDelayMs(3, 0)).toBe(0);
  expect(retryDelayMs(3, 0.25)).toBe(5_000);
  expect(retryDelayMs(3, 1 - Number.EPSILON)).toBe(20_000);
});

test('a delay that is no number, as of a date that was taken for seconds, is none', () => {
  expect(retryDelayMs(3, 0.5, Number.NaN)).toBe(retryDelayMs(3, 0.5));
});

test('the ceiling stays at the most, however many attempts there were', () => {
  for (const attempt of [11, 64, 2_000]) {
    expect(retryDelayMs(attempt, 0.5)).toBe(RETRY_DELAY_MS_MAX / 2);
  }
});
