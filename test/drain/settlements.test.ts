import { expect, test } from 'vitest';
import { settlementOf, sortOut, untried } from '../../lib/drain/settlements.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { aloneOf } from '../../lib/store/claim.ts';
import { type OrderState, recordOf } from '../../lib/store/order-record.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';

const order = newOrder('a');
const record = recordOf(order, NOW_MS);
const claim = { token: 250_001, holder: 'holder' };
const STEP = { nowMs: NOW_MS + 5_000, random: 0.5, attemptsMax: 3, claim };
const settledBy = '250001:holder';

function sort(
  state?: Partial<OrderState> | string,
  { claims = 1, from = 'shop', text = record } = {},
) {
  const lease = { id: order.id, from, claims, owner: `250001:${claims}:holder`, rank: 250_001 };
  const stored = typeof state === 'string' ? state : state && JSON.stringify(state);
  return sortOut(lease, { record: text, state: stored ?? null, owner: lease.owner }, STEP);
}

function claimed(state?: Partial<OrderState>, from = 'shop') {
  const outcome = sort(state, { from });
  return outcome.kind === 'produce' ? outcome.claimed : expect.fail();
}

const settlement = (...args: Parameters<typeof sort>) => {
  const outcome = sort(...args);
  return outcome.kind === 'settle' ? outcome.settlement : expect.fail('it is produced');
};

test('an order that is claimed for the first time is produced, with this attempt counted', () => {
  expect(claimed().order).toMatchObject({ id: order.id, status: 'producing', attempts: 1 });
  const retried = { status: 'queued', attempts: 2, lastError: { reason: 'x', atMs: 1 } } as const;
  expect(claimed(retried).order).toMatchObject({ status: 'producing', attempts: 3 });
});

test('an order whose last claim was not settled is tried alone, until its attempts are used up', () => {
  const alone = settlement(undefined, { claims: 2 });
  expect(alone).toMatchObject({
    ...{ kind: 'pending', isAlone: true, client: 'shop', dueAtMs: STEP.nowMs + 2_500 },
    state: { status: 'queued', attempts: 1, settledBy, isAlone: true },
  });
  expect(alone.state?.lastError?.reason).toContain('ended without an answer');
  const tried = { status: 'queued', attempts: 2 } as const;
  expect(settlement(tried, { claims: 2 })).toMatchObject({
    ...{ kind: 'dead', state: { status: 'dead', attempts: 3 } },
  });
  // Its drains may have died of other orders before it was tried alone: that is one attempt.
  expect(settlement(undefined, { claims: 4 })).toMatchObject({ state: { attempts: 1 } });
  // An operator may lower attemptsMax below what an order has had.
  expect(settlement({ status: 'queued', attempts: 3 })).toMatchObject({ kind: 'dead' });
});

test('an attempt without an answer is counted, also where a wrong clock has begun it too early', () => {
  const produceAtMs = STEP.nowMs + 3_600_000;
  const text = recordOf(newOrder('a', { submission: { produceAtMs } }), NOW_MS);
  expect(settlement(undefined, { text })).toMatchObject({ kind: 'pending', dueAtMs: produceAtMs });
  const again = settlement(undefined, { text, claims: 2 });
  expect(again).toMatchObject({ kind: 'pending', isAlone: true, state: { attempts: 1 } });
});

const ENDED: Partial<OrderState>[] = [
  { status: 'produced', attempts: 1, updatedAtMs: 7, segment: 1, settledBy: '1:other' },
  { status: 'canceled', attempts: 0, updatedAtMs: 7, segment: 1 },
  { status: 'dead', attempts: 3, updatedAtMs: 7 },
];

test.each(ENDED)('a move to $status that was cut off is completed as its state has it', (state) => {
  const { kind, endedAtMs, segment, ...rest } = settlement(state, { claims: 2 });
  expect([kind, endedAtMs, segment]).toEqual([state.status, 7, state.segment]);
  expect(rest).not.toHaveProperty('state');
});

test('an order that was canceled in its place is moved to the segment of this claim', () => {
  const state = { status: 'canceled', attempts: 0, updatedAtMs: 7 } as const;
  expect(settlement(state)).toMatchObject({
    ...{ kind: 'canceled', segment: 2, endedAtMs: 7, state: { ...state, segment: 2 } },
  });
});

test.each([
  ['no record', undefined, null, 'nowhere'],
  ['a record that is not JSON', undefined, 'nonsense', 'dead'],
  ['a record of another kind', undefined, '{"v":2}', 'dead'],
  ['a state that is not one', '{"status":"x"}', record, 'dead'],
] as const)('an order with %s spoils nothing', (_, state, text, kind) => {
  expect(settlement(state, { text: text as string }).kind).toBe(kind);
});

const settled = (answer: unknown, state?: Partial<OrderState>) =>
  settlementOf(claimed(state), answer as ProducerAnswer, STEP);

test('a produced order keeps what failed before, and is in the segment of its claim', () => {
  const lastError = { reason: 'x', atMs: 1 };
  expect(
    settled({ kind: 'produced', result: { ok: [] } }, { status: 'queued', attempts: 1, lastError }),
  ).toMatchObject({
    ...{ kind: 'produced', isNumbered: false, readySinceMs: NOW_MS },
    state: {
      ...{ status: 'produced', attempts: 2, settledBy, segment: 2, result: { ok: [] } },
      ...{ producedAtMs: STEP.nowMs, updatedAtMs: STEP.nowMs, lastError },
    },
  });
});

test.each([
  ['zero', 0, 0],
  ['the largest', 10 ** 15, 10 ** 15],
  ['none', Number.NaN, undefined],
  ['broken', 1.5, undefined],
  ['negative', -1, undefined],
  ['text', '17', undefined],
  ['past what the counter could go on from', 10 ** 15 + 1, undefined],
  ['endless', Number.POSITIVE_INFINITY, undefined],
])('a number of a producer that is %s is kept only if an order can bear it', (_, given, kept) => {
  const { kind, isNumbered, state } = settled({ kind: 'produced', orderNumber: given });
  expect([kind, isNumbered, state?.orderNumber]).toEqual(['produced', false, kept]);
});

test('an order that gets the next number of Sluice’s own bears none before it is settled', () => {
  const { isNumbered, state } = settled({ kind: 'produced', orderNumber: 'next' });
  expect([isNumbered, state?.orderNumber]).toEqual([true, undefined]);
});

test.each([
  ['too large', 'x'.repeat(8 * 1024), false],
  ['too large in UTF-8', 'é'.repeat(4 * 1024), false],
  ['too large as it is sent', '"'.repeat(2 * 1024), false],
  ['just small enough', 'x'.repeat(8 * 1024 - 6), true],
  ['not JSON', { amount: 1n }, false],
  ['circular', Object.assign([], { 0: globalThis }), false],
  ['missing', undefined, false],
  ['null', null, true],
])('a result that is %s leaves the order produced', (_, result, isKept) => {
  const { kind, state } = settled({ kind: 'produced', result });
  expect([kind, 'result' in (state ?? {})]).toEqual(['produced', isKept]);
});

test('a retry is due after its backoff, and after what the producer asks for at the earliest', () => {
  expect(settled({ kind: 'retry', reason: 'busy' })).toMatchObject({
    ...{ kind: 'pending', dueAtMs: STEP.nowMs + 2_500 },
    state: { status: 'queued', attempts: 1, dueAtMs: STEP.nowMs + 2_500 },
  });
  const later = settled({ kind: 'retry', reason: 'busy', afterMs: 40_000 });
  expect(later.dueAtMs).toBe(STEP.nowMs + 42_500);
  expect(settled({ kind: 'retry', reason: 'x' })).not.toHaveProperty('isAlone');
});

test.each([
  ['retry', 2, 'dead'],
  ['retry', 1, 'pending'],
  ['rejected', 0, 'dead'],
] as const)('a %s after %i attempts is %s', (kind, attempts, settledAs) => {
  const { state, ...rest } = settled({ kind, reason: 'x' }, { status: 'queued', attempts });
  expect([rest.kind, state?.attempts]).toEqual([settledAs, attempts + 1]);
});

test.each([
  ['a long text', 'x'.repeat(501), 'x'.repeat(500)],
  ['half a character', 'a\ud800', 'a\ufffd'],
  ['nothing', '', 'No reason was given.'],
  ['no text', { secret: 1 }, 'No reason was given.'],
])('a reason that is %s is kept in bounds', (_, reason, kept) => {
  expect(settled({ kind: 'rejected', reason }).state?.lastError?.reason).toBe(kept);
});

test('an order goes to where its state says before it is tried, if a settlement was cut off', () => {
  const retried = { status: 'queued', attempts: 1, dueAtMs: STEP.nowMs + 1 } as const;
  const due = { ...retried, dueAtMs: STEP.nowMs - 1 };
  const kept = { kind: 'pending', client: 'shop' };
  expect(settlement(retried)).toMatchObject({ ...kept, dueAtMs: STEP.nowMs + 1, isAlone: false });
  expect(settlement({ ...due, isAlone: true })).toMatchObject({ ...kept, isAlone: true });
  expect(settlement(due, { from: aloneOf('shop') })).toMatchObject({ ...kept, isAlone: false });
  for (const one of [settlement(retried), settlement(due, { from: aloneOf('shop') })]) {
    expect(one).not.toHaveProperty('state');
  }
  expect(claimed(due).order.attempts).toBe(2);
});

test('what is given back waits where it came from, in the order of its claim, with nothing written', () => {
  const last = { status: 'queued', attempts: 2 } as const;
  const back = [undefined, last].map((state) => settled({ kind: 'untried' }, state));
  const alone = untried(claimed({ ...last, isAlone: true }, aloneOf('shop')));
  for (const one of [...back, alone]) {
    expect(one).toMatchObject({ kind: 'pending', client: 'shop', dueAtMs: 250_001 });
    expect(one).not.toHaveProperty('state');
  }
  expect([...back, alone].map(({ isAlone }) => isAlone)).toEqual([false, false, true]);
});

test('a scheduled order is ready since its time, and not since it was accepted', () => {
  const later = newOrder('later', { submission: { produceAtMs: NOW_MS + 3_000 } });
  const lease = { id: later.id, from: 'shop', claims: 1, owner: '250001:1:holder', rank: 1 };
  const outcome = sortOut(lease, { record: recordOf(later, NOW_MS), state: null }, STEP);
  if (outcome.kind !== 'produce') return expect.fail();
  const { readySinceMs } = settlementOf(outcome.claimed, { kind: 'produced' }, STEP);
  expect(readySinceMs).toBe(NOW_MS + 3_000);
});
