import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupedByReason, maskedReason } from '../../lib/operate/reasons.ts';

test.each([
  ['ERP: 503 for order 536365', 'erp: # for order #'],
  ['SKU "85123A" is not known', 'sku "…" is not known'],
  ["Can't reach 'db-1' at 10.0.0.7", "can't reach '…' at #.#.#.#"],
  ['ord_hm807e8fd3e73g2khvq4ue7qqk49e2bo was refused', '… was refused'],
  ['trace 8f14e45f-ceea-467f-a8c2-4e2b1d9a6c01', 'trace …'],
  ['commit DEADBEEF01 and 0xdeadbeef', 'commit … and …'],
  ['12345678901', '#'],
  ['a\n\t b', 'a b'],
  ['“Ä” `x`', '“…” `…`'],
  ['', 'no reason was given.'],
  ['x'.repeat(500), 'x'.repeat(120)],
])('the reason %j is told as %j', (reason, masked) => {
  expect(maskedReason(reason)).toBe(masked);
});

test('numbers and ids make no difference, whatever else a reason holds', () => {
  const part = fc.string({ unit: 'grapheme', maxLength: 20 });
  fc.assert(
    fc.property(part, fc.nat(), fc.nat(), fc.uuid(), fc.uuid(), (text, one, other, id, otherId) => {
      const reason = (n: number, uuid: string) => `order ${n} of ${uuid}: ${text}`;
      expect(maskedReason(reason(one, id))).toBe(maskedReason(reason(other, otherId)));
    }),
  );
});

const dead = (n: number, more = {}) => ({
  ...{ id: `ord_${n}`, client: 'shop', currency: 'GBP', totalAmount: 2 ** 53 - 1, attempts: 24 },
  ...{ deadAtMs: n, reason: `ERP: ${n}`, wasRedriven: false },
  ...more,
});

test('groups count, and add up without rounding', () => {
  const groups = groupedByReason([
    dead(3, { reason: 'No SKU.', client: '__proto__', currency: 'JPY', attempts: 1 }),
    dead(2, { client: 'app', wasRedriven: true }),
    dead(1, { totalAmount: 2 }),
    dead(9),
  ]);
  expect(groups).toEqual([
    {
      ...{ reason: 'erp: #', example: 'ERP: 9', count: 3, clients: { app: 1, shop: 2 } },
      sums: { GBP: '18014398509481984' },
      ...{ firstAt: '1970-01-01T00:00:00.001Z', lastAt: '1970-01-01T00:00:00.009Z' },
      ...{ attemptsMin: 24, attemptsMax: 24, redrivenBefore: 1 },
      ids: ['ord_1', 'ord_2', 'ord_9'],
    },
    expect.objectContaining({ reason: 'no sku.', count: 1, sums: { JPY: '9007199254740991' } }),
  ]);
  expect(Object.keys(groups[1]?.clients ?? {})).toEqual(['__proto__']);
});
