import { expect, test } from 'vitest';
import { storyOf } from '../../console/page/orders/story.ts';
import type { OrderDocument } from '../../lib/contract/schemas.ts';

const START_MS = Date.parse('2026-11-28T10:19:44.120Z');
const at = (s: number) => new Date(START_MS + s * 1_000).toISOString();

function orderOf(more: Partial<OrderDocument>): OrderDocument {
  return {
    ...{ id: `ord_${'0'.repeat(32)}`, status: 'queued', client: 'shop', customer: '17850' },
    ...{ currency: 'GBP', totalAmount: 13_912, idempotencyKey: '536365', attempts: 0 },
    ...{ acceptedAt: at(0), updatedAt: at(0), lines: [] },
    ...more,
  };
}

const failed = (
  from: number,
  to: number,
  token: number,
  kind: 'failed' | 'unanswered' = 'failed',
) => ({
  ...{
    reason: 'ERP: 503',
    at: at(to),
    kind,
    token,
    slot: 1,
    holder: 'i-4be1',
    claimedAt: at(from),
  },
});

const THREE = {
  attempts: 3,
  nextAttemptAt: at(88),
  lastError: failed(70, 71.9, 91_851),
  history: [failed(7.28, 37.28, 91_846, 'unanswered'), failed(3.1, 3.89, 91_840)],
};

const told = (order: OrderDocument) =>
  storyOf(order, undefined).map(({ what, facts, gap }) =>
    [what, ...facts, gap].filter(Boolean).join(' | '),
  );

test('a story has each claim with who had it, what came of it, and what is next', () => {
  expect(told(orderOf(THREE))).toEqual([
    'accepted | key 536365',
    'claimed | token 91,840 | slot 1 | drain i-4be1 | attempt 1 | +3.1 s',
    'failed | took 0.7 s',
    'claimed | token 91,846 | slot 1 | drain i-4be1 | attempt 2 | +3.3 s',
    'no answer | its lease ended; nothing that 91,846 says counts any more | +30 s',
    'claimed | token 91,851 | slot 1 | drain i-4be1 | attempt 3 | +32 s',
    'failed | took 1.9 s',
    'next attempt | +16 s',
  ]);
});

test('a redrive keeps what was before it, and the newest error is the last', () => {
  const redriven = orderOf({
    ...THREE,
    attempts: 1,
    status: 'dead',
    updatedAt: at(72),
    history: THREE.history,
  });
  const story = storyOf(redriven, undefined);
  expect(story.map(({ what }) => what)).toEqual([
    ...[
      'accepted',
      'claimed',
      'failed',
      'claimed',
      'no answer',
      'put back',
      'claimed',
      'failed',
      'dead',
    ],
  ]);
  expect(story[6]?.facts).toContain('attempt 1');
});

test('a produced order counts the attempt that produced it', () => {
  const produced = orderOf({
    ...THREE,
    attempts: 4,
    status: 'produced',
    producedAt: at(90),
    orderNumber: 4_711,
  });
  const story = storyOf(produced, undefined);
  expect(story.at(-1)).toMatchObject({ what: 'produced', facts: ['number 4711'] });
  expect(story.filter(({ what }) => what === 'claimed').map(({ facts }) => facts.at(-1))).toEqual([
    ...['attempt 1', 'attempt 2', 'attempt 3'],
  ]);
});

test('times rise and no duration is negative, also where the clocks of drains differ', () => {
  const wrong = orderOf({ ...THREE, history: [failed(2, 1, 91_846), failed(-1, 3.89, 91_840)] });
  const story = storyOf(wrong, undefined);
  const times = story.flatMap((event) => (event.at === undefined ? [] : [Date.parse(event.at)]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(JSON.stringify(story)).not.toMatch(/-\d[\d.]* (s|min)/);
});
