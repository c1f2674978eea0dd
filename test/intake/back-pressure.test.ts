import { expect, test } from 'vitest';
import { backPressure } from '../../lib/intake/back-pressure.ts';

const NOW_MS = 1_000_000;
const depth = (queueDepth: number) => ({ accepted: 1, queueDepth });

test('a queue of which nothing is known, or that has room, takes orders', () => {
  const pressure = backPressure(() => 100);
  expect(pressure.retryAfterS('shop', NOW_MS)).toBeUndefined();
  pressure.learn('shop', depth(100), NOW_MS);
  expect(pressure.retryAfterS('shop', NOW_MS)).toBeUndefined();
});

test('the time to come back follows from how fast the queue falls', () => {
  const pressure = backPressure(() => 100);
  pressure.learn('shop', depth(2_000), NOW_MS - 10_000);
  pressure.learn('shop', depth(1_100), NOW_MS);
  // 90 a second: the thousand above the limit are gone in 11.1 s.
  expect(pressure.retryAfterS('shop', NOW_MS)).toBe(12);
});

test('it is at least a second, and at most until the schedule’s next minute', () => {
  const pressure = backPressure(() => 100);
  pressure.learn('shop', depth(100_000), NOW_MS - 1_000);
  pressure.learn('shop', depth(101), NOW_MS);
  expect(pressure.retryAfterS('shop', NOW_MS)).toBe(1);
  pressure.learn('shop', depth(1_000_000), NOW_MS + 1);
  expect(pressure.retryAfterS('shop', NOW_MS + 1)).toBe(60);
  pressure.learn('shop', depth(999_999), NOW_MS + 1_001);
  expect(pressure.retryAfterS('shop', NOW_MS + 1_001)).toBe(60);
});

test('a clock that is set back does not keep the queue shut', () => {
  const pressure = backPressure(() => 100);
  pressure.learn('shop', depth(200), NOW_MS);
  expect(pressure.retryAfterS('shop', NOW_MS - 3_600_000)).toBeUndefined();
  expect(pressure.retryAfterS('shop', NOW_MS + 1_001)).toBeUndefined();
});

test('a client whose queue is full keeps no other out, and the longest unheard of are forgotten', () => {
  const pressure = backPressure(() => 100);
  pressure.learn('shop', depth(200), NOW_MS);
  expect(pressure.retryAfterS('other', NOW_MS)).toBeUndefined();
  for (let at = 0; at < 999; at += 1) pressure.learn(`client-${at}`, depth(1), NOW_MS);
  expect(pressure.retryAfterS('shop', NOW_MS)).toBe(60);
  pressure.learn('one more', depth(1), NOW_MS);
  expect(pressure.retryAfterS('shop', NOW_MS)).toBeUndefined();
});
