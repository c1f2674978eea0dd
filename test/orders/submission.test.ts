import { expect, test } from 'vitest';
import { ORDER_BYTES_MAX, validateBatch } from '../../lib/orders/batch.ts';
import { validateSubmission } from '../../lib/orders/submission.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';

const LINE = { sku: 'a', quantity: 1, unitAmount: 1 };
const NAME = 'a string of 1 to 64 characters, none of them a control character.';
const TOTAL = 'The total, the sum of quantity × unitAmount, must be at most 9007199254740991.';
const LARGEST = { sku: '', quantity: 1_000_000, unitAmount: 10 ** 12 };

/** Bodies with what a client is told: each fault once, in the order of the contract's table. */
const FAULTS: [what: string, body: unknown, faults: [pointer: string, detail: string][]][] = [
  ['no object', [], [['', 'Must be a JSON object with customer, currency and lines.']]],
  [
    'nothing',
    {},
    [
      ['/customer', `Is missing: it must be ${NAME}`],
      ['/currency', 'Is missing: it must be an ISO 4217 code of three capital letters.'],
      ['/lines', 'Is missing: it must be an array of 1 to 1,000 lines.'],
    ],
  ],
  [
    'everything wrong',
    orderBody({
      more: 1,
      metadata: { 'a b': 1 },
      produceAt: 'soon',
      reference: null,
      lines: [[], { more: 1, description: '', unitAmount: -1, quantity: 1.5 }],
      currency: 'gbp',
      customer: '\0',
    }),
    [
      ['/customer', `Must be ${NAME}`],
      ['/currency', 'Must be an ISO 4217 code of three capital letters.'],
      ['/lines/0', 'Must be an object with sku, quantity and unitAmount.'],
      ['/lines/1/sku', `Is missing: it must be ${NAME}`],
      ['/lines/1/quantity', 'Must be a whole number from 1 to 1,000,000.'],
      ['/lines/1/unitAmount', 'Must be a whole number from 0 to 1,000,000,000,000.'],
      [
        '/lines/1/description',
        'Must be a string of 1 to 256 characters without control characters other than tab and line feed.',
      ],
      ['/lines/1/more', 'Is not a known member.'],
      ['/reference', `Must be ${NAME}`],
      ['/produceAt', 'Must be an RFC 3339 time, such as 2026-11-22T13:37:00Z.'],
      ['/metadata/a b', 'Must have a name of 1 to 40 characters of A-Z, a-z, 0-9, _ and -.'],
      [
        '/metadata/a b',
        'Must be a string of up to 256 characters, none of them a control character.',
      ],
      ['/more', 'Is not a known member.'],
    ],
  ],
  [
    'a total that is too large, of lines that are wrong in something else',
    orderBody({ lines: [LARGEST] }),
    [
      ['/lines/0/sku', `Must be ${NAME}`],
      ['/lines', TOTAL],
    ],
  ],
  [
    'lines that have no total',
    orderBody({ lines: [LARGEST, { ...LINE, sku: 1 }] }),
    [
      ['/lines/0/sku', `Must be ${NAME}`],
      ['/lines/1/sku', `Must be ${NAME}`],
    ],
  ],
  [
    'too many lines',
    orderBody({ lines: Array.from({ length: 1_001 }, () => LINE) }),
    [['/lines', 'Must be an array of 1 to 1,000 lines.']],
  ],
  [
    'a time too far ahead',
    orderBody({ produceAt: '2026-12-22T13:37:00.001Z' }),
    [['/produceAt', 'Must be at most 30 days ahead.']],
  ],
];

test.each(FAULTS)('%s is told', (_, body, faults) => {
  const told = faults.map(([pointer, detail]) => ({ pointer, detail }));
  expect(validateSubmission(body, NOW_MS)).toEqual({ kind: 'invalid', faults: told });
});

test('a batch holds no order over its bytes, whether that is an order or not', () => {
  const sku = '🦊'.repeat(64);
  const full = { ...LINE, sku, description: '🦊'.repeat(256) };
  const keyed = (members: Record<string, unknown>) => ({
    ...orderBody(members),
    idempotencyKey: 'k',
  });
  const withLines = (count: number) => keyed({ lines: Array.from({ length: count }, () => full) });
  const digits = `2026-11-22T13:37:00.${'0'.repeat(ORDER_BYTES_MAX)}Z`;
  const judged = [withLines(150), withLines(220), keyed({ produceAt: digits }), digits].map(
    (order) => validateBatch({ orders: [order] }, NOW_MS).kind,
  );
  expect(judged).toEqual(['valid', 'too-large', 'too-large', 'too-large']);
  // The size is checked first, even of something that is not a batch.
  expect(validateBatch({ orders: [digits], more: 1 }, NOW_MS).kind).toBe('too-large');
});
