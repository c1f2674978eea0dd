import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type VerdictKind, verdictOf } from '../../console/page/now/verdict.ts';
import { ROOT } from '../support/source-files.ts';
import { activityOf, drainOf, type Given, MIN, NOW_MS, situation } from './situations.ts';

const busy = (cameIn: number, produced: number, minutes = 10) =>
  Array.from({ length: minutes }, () => ({ cameIn, claimed: produced, produced, depth: 5_000 }));
const waiting = { queued: 48_210, oldestQueuedAgeMs: 100_000 };
const at = (ms: number) => new Date(ms).toISOString();
const unavailable = {
  kind: 'unavailable',
  status: 503,
  detail: 'Redis is away.',
  isOutcomeUnknown: false,
} as const;

const CASES: readonly [VerdictKind, Given, level: string, said: RegExp][] = [
  ['idle', {}, 'good', /^No order waits\. A drain looked 10 s ago/],
  [
    'keeping-up',
    { stats: { queued: 90, oldestQueuedAgeMs: 4_000 }, activity: activityOf(busy(600, 606)) },
    'good',
    /In 10\/s, out 10\/s\. 90 orders wait, the oldest for 4 s/,
  ],
  [
    'barely',
    { stats: { queued: 900, oldestQueuedAgeMs: 58_000 }, activity: activityOf(busy(700, 600, 6)) },
    'watch',
    /oldest for 58 s/,
  ],
  [
    'falling-behind',
    { stats: waiting, activity: activityOf(busy(54_600, 49_200, 6)) },
    'watch',
    /In 910\/s, out 820\/s\. More has come in than gone out for 6 min\. 48,210 orders wait, the oldest for 1 min/,
  ],
  [
    'orders-die',
    { stats: { dead: 9 }, activity: activityOf([{ dead: 2 }, {}, { dead: 1 }]) },
    'watch',
    /^3 orders died in the last 10 min/,
  ],
  [
    'nearly-full',
    { stats: waiting, queueMax: 1_000, clients: [{ client: 'shop', queued: 950 }] },
    'bad',
    /^950 of the 1,000 orders that shop may have wait\. Beyond that, its submits get 429/,
  ],
  [
    'unaccounted',
    { upkeep: { orders: 5_000, accountedFor: 4_999 } },
    'bad',
    /^1 order is not where it should be: 4,999 of 5,000 accounted for/,
  ],
  [
    'producer-down',
    {
      stats: waiting,
      activity: activityOf([], {
        drains: Array.from({ length: 4 }, () => drainOf('producer-down', 'ERP: 503')),
      }),
    },
    'bad',
    /^The last 4 drains ended because it failed\. The last reason: “ERP: 503” Orders wait and lose no attempt/,
  ],
  [
    'not-draining',
    {
      stats: { queued: 6_000, oldestQueuedAgeMs: 5 * MIN },
      activity: activityOf([], { lastSeenAt: at(NOW_MS - 4 * MIN) }),
    },
    'bad',
    /^No drain has run since .*\. 6,000 orders wait, the oldest for 5 min/,
  ],
  [
    'paused',
    {
      stats: {
        ...waiting,
        pause: {
          by: 'ops',
          reason: 'ERP release',
          since: at(NOW_MS - MIN),
          until: at(NOW_MS + MIN),
        },
      },
    },
    'watch',
    /^By ops until .*: “ERP release”\. Orders are still accepted: 48,210 wait/,
  ],
  [
    'away',
    { failure: { ...unavailable, sinceMs: NOW_MS - 42_000, nextTryAtMs: NOW_MS } },
    'bad',
    /^For 42 s: Redis is away\. The figures are those of /,
  ],
];

test.each(CASES)('the verdict is %s', (kind, given, level, said) => {
  const verdict = verdictOf(situation(given));
  expect(verdict).toMatchObject({ kind, level });
  expect(verdict.sentences.join(' ')).toMatch(said);
  if (level !== 'good') expect(verdict.next).toMatch(/\.$/);
});

test('each verdict leads to a section that the runbook has', () => {
  const headings = readFileSync(`${ROOT}/docs/runbook.md`, 'utf8').matchAll(/^#{2,3} (.+)$/gm);
  const anchors = [...headings].map(([, name = '']) => name.toLowerCase().replaceAll(' ', '-'));
  for (const [, given] of CASES) expect(anchors).toContain(verdictOf(situation(given)).section);
});

test('the worst is said first: a pause before a full queue, no answer before everything', () => {
  const [full, paused, away] = ['nearly-full', 'paused', 'away'].map(
    (kind) => CASES.find(([one]) => one === kind)?.[1],
  );
  const both = { ...full, ...paused };
  expect(verdictOf(situation(both)).kind).toBe('paused');
  expect(verdictOf(situation({ ...both, ...away })).kind).toBe('away');
});

test('orders that have only just come after a quiet time are no sign that no drain runs', () => {
  const quiet = activityOf([], { lastSeenAt: at(NOW_MS - 4 * MIN) });
  const { kind } = verdictOf(
    situation({ stats: { queued: 3, oldestQueuedAgeMs: 20_000 }, activity: quiet }),
  );
  expect(kind).toBe('keeping-up');
});

test('a pause that is over is no pause', () => {
  const pause = { by: 'ops', since: at(NOW_MS - 2 * MIN), until: at(NOW_MS - 1) };
  expect(verdictOf(situation({ stats: { pause } })).kind).toBe('idle');
});

test('a pass that accounts for every order says that nothing is lost', () => {
  const upkeep = { orders: 1_204_311, accountedFor: 1_204_311 };
  const { sentences } = verdictOf(situation({ upkeep }));
  expect(sentences.at(-1)).toMatch(/^Nothing is lost: 1,204,311 of 1,204,311 accounted for at /);
});
