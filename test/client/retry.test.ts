import fc from 'fast-check';
import { expect, test } from 'vitest';
import { secondsIn } from '../../lib/client/problem.ts';
import { retryDelayMs } from '../../lib/client/retry.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the delay has full jitter and grows with the tries, up to 20 seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), random, (tries, chance) => {
      const delayMs = retryDelayMs(tries, 0, chance);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.min(20_000, 200 * 2 ** (tries - 1)));
    }),
  );
});

test('Retry-After is kept to, up to a minute, and no other text is', () => {
  expect(retryDelayMs(1, 7, 0)).toBe(7000);
  expect(retryDelayMs(1, 86_400, 0)).toBe(60_000);
  expect(secondsIn('7')).toBe(7);
  for (const text of ['', '-1', '1.5', 'soon', 'Sun, 06 Nov 1994 08:49:37 GMT', '9'.repeat(400)]) {
    expect(secondsIn(text), text).toBeUndefined();
  }
});
