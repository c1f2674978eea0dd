import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSent, failedAttempt, withFailure } from '../../lib/drain/failures.ts';
import type { OrderState } from '../../lib/store/order-record.ts';

const claim = { token: 10 ** 15, holder: `19.${'f'.repeat(36)}@1795354620000` };

function after(reasons: readonly string[]): OrderState {
  let state: OrderState = { status: 'queued', attempts: 0, updatedAtMs: 0 };
  for (const [at, reason] of reasons.entries()) {
    const failure = failedAttempt('rejected', reason, claim, 1_795_354_620_000 + at);
    state = { ...state, ...withFailure(state, failure) };
  }
  return state;
}

test('the newest 50 earlier attempts are kept, newest first, and short reasons whole', () => {
  const { lastError, history = [] } = after(Array.from({ length: 60 }, (_, at) => `ERP: ${at}`));
  expect(lastError?.reason).toBe('ERP: 59');
  expect(history.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 50 }, (_, at) => `ERP: ${58 - at}`),
  );
});

test('however long reasons are, 50 attempts are kept in a bounded number of bytes', () => {
  const reason = fc.string({ unit: 'binary', maxLength: 600 });
  const long = fc.constantFrom('\u0001'.repeat(500), '"\\'.repeat(250), '€'.repeat(500));
  fc.assert(
    fc.property(fc.array(fc.oneof(reason, long), { minLength: 52, maxLength: 60 }), (reasons) => {
      const { history = [] } = after(reasons);
      expect(history).toHaveLength(50);
      expect(bytesSent(JSON.stringify(history))).toBeLessThanOrEqual(10_000);
    }),
    { numRuns: 30 },
  );
});
