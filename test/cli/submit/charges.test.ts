import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Charged, readCharges, takenOff } from '../../../cli/submit/charges.ts';

const shipping: Charged = { kind: 'shipping', amounts: [500] };
const tax: Charged = { kind: 'tax', amounts: [400] };
const discount: Charged = { kind: 'discount', amounts: [100] };

test.each<[string, readonly Charged[], number, readonly number[]]>([
  ['adds all where that makes the total', [shipping, tax, discount], 2800, [500, 400, 100]],
  ['leaves tax out that is in the prices', [shipping, tax, discount], 2400, [500, 0, 100]],
  ['leaves a discount out that is in the prices', [shipping, tax, discount], 2900, [500, 400, 0]],
  [
    'takes a charge of several rows for one, or for each',
    [{ kind: 'shipping', amounts: [500, 1000] }],
    3000,
    [1000],
  ],
])('the order’s total %s', (_name, charges, total, amounts) => {
  const settled = readCharges(2000, charges, total, undefined);
  expect(settled).toMatchObject({
    kind: 'settled',
    charges: amounts.map((amount) => ({ amount })),
  });
});

test('shipping is never left out, and a total that nothing makes is told with what they make', () => {
  expect(readCharges(2000, [shipping], 2000, undefined)).toEqual({
    kind: 'other-total',
    total: 2500,
  });
});

test('without a total, tax and charges of several rows are open questions', () => {
  expect(readCharges(2000, [tax], undefined, undefined)).toEqual({ kind: 'open', question: 'tax' });
  expect(readCharges(2000, [tax], undefined, 'included')).toEqual({ kind: 'settled', charges: [] });
  const twice: Charged = { kind: 'shipping', amounts: [500, 1000] };
  expect(readCharges(2000, [twice], undefined, undefined)).toEqual({
    kind: 'open',
    question: 'charges-per',
  });
});

test('a discount is taken off exactly, in proportion, and no line loses a piece or goes below zero', () => {
  const line = fc.record({
    sku: fc.constantFrom('a', 'b', 'c'),
    quantity: fc.integer({ min: 1, max: 1000 }),
    unitAmount: fc.integer({ min: 0, max: 1_000_000 }),
  });
  const sumOf = (lines: readonly { quantity: number; unitAmount: number }[]) =>
    lines.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.nat(), (lines, some) => {
      const all = sumOf(lines);
      const off = all === 0 ? 0 : some % (all + 1);
      const parts = takenOff(lines, off);
      expect(sumOf(parts.flat())).toBe(all - off);
      for (const [at, part] of parts.entries()) {
        const before = lines[at] as (typeof lines)[number];
        expect(part.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(before.quantity);
        expect(part.every(({ unitAmount }) => unitAmount >= 0)).toBe(true);
        const share = sumOf([before]) - sumOf(part);
        expect(Math.abs(share - (off * sumOf([before])) / (all || 1))).toBeLessThanOrEqual(1);
      }
    }),
  );
});
