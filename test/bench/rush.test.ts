import { expect, test } from 'vitest';
import { offer } from '../../bench/rush/offer.ts';
import { checked } from '../../bench/rush/ways.ts';

test('a rush counts who is accepted and who is refused, and how long each of them waits', async () => {
  let left = 5;
  const answered = await offer(
    100,
    Array(4).fill(async () => left-- > 0),
  );
  const { accepted, acceptedP99Ms, refusedP99Ms, p99Ms } = answered;
  expect(accepted).toBe(5);
  expect(acceptedP99Ms).toBeLessThanOrEqual(refusedP99Ms);
  expect(refusedP99Ms).toBeGreaterThanOrEqual(p99Ms);
  expect(checked(answered, 5)).toBe(answered);
});

test('a rush in which more or fewer are accepted than there are units fails', async () => {
  const answered = await offer(3, [async (order) => order <= 2]);
  expect(() => checked(answered, 1)).toThrow('2 orders were accepted instead of 1');
  expect(() => checked(answered, 3)).toThrow('2 orders were accepted instead of 3');
});
