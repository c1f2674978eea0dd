import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecastOf, type Outlook, pathOf } from '../../console/page/now/forecast.ts';
import { gaugeOf } from '../../console/page/now/gauge.ts';
import { outlookOf } from '../../console/page/now/outlook.ts';
import { activityOf, MIN, NOW_MS, situation } from './situations.ts';

const outlook = (more: Partial<Outlook>): Outlook => ({
  ...{
    nowMs: NOW_MS,
    waiting: 6_000,
    inPerMinute: 0,
    outPerMinute: 6_000,
    busyMinutes: 10,
    due: [],
  },
  ...more,
});

test('6,000 that wait are clear after a minute at 100 a second', () => {
  expect(forecastOf(outlook({}))).toEqual({ kind: 'clear', atMs: NOW_MS + MIN });
  expect(forecastOf(outlook({ waiting: 3_000 }))).toEqual({
    kind: 'clear',
    atMs: NOW_MS + MIN / 2,
  });
});

test('what comes in meanwhile makes it later, and more than goes out makes it never', () => {
  expect(forecastOf(outlook({ inPerMinute: 3_000 }))).toEqual({
    kind: 'clear',
    atMs: NOW_MS + 2 * MIN,
  });
  expect(forecastOf(outlook({ inPerMinute: 9_000 }))).toEqual({
    ...{ kind: 'never', perMinute: 3_000 },
    withoutIntakeAtMs: NOW_MS + MIN,
  });
});

test('there is none from under three busy minutes, and none to make where nothing waits', () => {
  expect(forecastOf(outlook({ busyMinutes: 2 }))).toEqual({ kind: 'unknown' });
  expect(forecastOf(outlook({ outPerMinute: 0 }))).toEqual({ kind: 'unknown' });
  expect(forecastOf(outlook({ waiting: 0, busyMinutes: 0 }))).toEqual({ kind: 'empty' });
});

test('2,000 that are scheduled for in five minutes are in it', () => {
  const due = [{ atMs: NOW_MS + 5 * MIN, orders: 2_000 }];
  const slow = outlook({ waiting: 5_800, outPerMinute: 1_000, due });
  // Without them it were clear after 5.8 minutes.
  expect(forecastOf(slow)).toEqual({ kind: 'clear', atMs: NOW_MS + 7.8 * MIN });
  const path = pathOf(slow, 8);
  expect([path[3], path[4], path[7]]).toEqual([1_800, 2_800, 0]);
});

test('what the API knows to become due is in it', () => {
  const due = { at: new Date(NOW_MS + 5 * MIN).toISOString(), retries: 300, unread: 200 };
  const upcoming = { due: [{ ...due, scheduled: 1_500 }], later: 9 };
  expect(outlookOf(situation({ upcoming })).due).toEqual([
    { atMs: NOW_MS + 5 * MIN, orders: 2_000 },
  ]);
});

test('during a pause nothing goes out', () => {
  const pausedUntilMs = NOW_MS + 10 * MIN;
  expect(forecastOf(outlook({ pausedUntilMs }))).toEqual({
    kind: 'clear',
    atMs: NOW_MS + 11 * MIN,
  });
});

test('the time of a forecast is never in the past, and the path never below nothing', () => {
  const rates = fc.integer({ min: 0, max: 100_000 });
  const due = fc.array(
    fc.record({ atMs: fc.integer({ min: NOW_MS, max: NOW_MS + 60 * MIN }), orders: rates }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(
      fc.record({ waiting: rates, inPerMinute: rates, outPerMinute: rates, due }),
      (given) => {
        const forecast = forecastOf(outlook(given));
        if (forecast.kind === 'clear') expect(forecast.atMs).toBeGreaterThanOrEqual(NOW_MS);
        expect(pathOf(outlook(given), 30).every((waiting) => waiting >= 0)).toBe(true);
      },
    ),
  );
});

test('the gauge is that of the deepest queue, and says when it is full', () => {
  const minutes = Array.from({ length: 10 }, () => ({
    cameIn: 100,
    claimed: 90,
    produced: 90,
    depth: 900,
  }));
  const clients = [
    { client: 'shop', queued: 950 },
    { client: 'app', queued: 3 },
  ];
  const filling = situation({ activity: activityOf(minutes), clients, queueMax: 1_000 });
  expect(gaugeOf(filling)).toEqual({
    ...{ share: 0.95, client: 'shop', queued: 950, max: 1_000 },
    fullAtMs: NOW_MS + 5 * MIN,
  });
  const falling = situation({ clients, queueMax: 1_000 });
  expect(gaugeOf(falling)).not.toHaveProperty('fullAtMs');
  expect(gaugeOf(situation())).toBeUndefined();
});
