import { expect, test } from 'vitest';
import { failureOf } from '../../cli/api-faults.ts';
import { CommandFailure } from '../../cli/failure.ts';
import { refusalOf, UnexpectedAnswer, Unreachable } from '../../lib/client/errors.ts';

/** The message shown for a refusal. */
function told(status: number, detail: string, errors: { pointer: string; detail: string }[] = []) {
  const problem = { status, type: 'about:blank', detail, errors };
  const message = `The API at https://x/ answered ${status}: ${detail}`;
  return failureOf(refusalOf(problem, message))?.message;
}

test('a key that the server does not know, or that may not do this, is told with what to do', () => {
  expect(told(401, 'No.')).toMatch(/does not know the key in SLUICE_KEY \(401\).*Set SLUICE_KEY/s);
  expect(told(403, 'No \u001b[2Jscope.')).toMatch(/403\): No \\u001b\[2Jscope\..*orders:admin/s);
});

test('what the server says of a fault cannot forge a line', () => {
  expect(told(503, 'Full.\nAll is well.')).toMatch(/answered 503: Full\.\\u000aAll is well\.$/);
});

test('a request that is wrong is told with each fault', () => {
  const errors = [{ pointer: '/limit', detail: 'Must be less.' }];
  expect(told(400, 'Wrong.', errors)).toMatch(/answered 400: Wrong\. \/limit: Must be less\.$/);
});

test('a server that cannot be reached is told with the address to check, unless it was right', () => {
  const unreachable = (hasAnswered: boolean) =>
    failureOf(new Unreachable('Cannot reach https://x/: reset', { hasAnswered }))?.message;
  expect(unreachable(false)).toMatch(/https:\/\/x\/: reset\.\n.*SLUICE_URL/);
  expect(unreachable(true)).toMatch(/reset\.\nIt did answer before/);
});

test('what is not the API is told with the setting to check', () => {
  expect(failureOf(new UnexpectedAnswer('It answered 404.'))?.message).toMatch(/SLUICE_URL/);
});

test('a failure stays as it is, and a programmer’s error is none', () => {
  const failure = new CommandFailure('No.');
  expect(failureOf(failure)).toBe(failure);
  expect(failureOf(new TypeError('undefined is not a function'))).toBeUndefined();
});
