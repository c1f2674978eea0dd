import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCurrency } from '../../../cli/money.ts';
import {
  decimalOf,
  NumberEvidence,
  type Reading,
  readNumber,
} from '../../../cli/submit/numbers.ts';
import type { Decimal } from '../../../cli/submit/written-number.ts';
import { decimalText } from '../../support/decimal-text.ts';

function rules(decimal?: Decimal, more = {}) {
  return { decimal, isSaid: false, isRounding: false, ...more };
}

function evidence(...cells: string[]): NumberEvidence {
  const seen = new NumberEvidence();
  for (const cell of cells) seen.observe(cell);
  return seen;
}

const exact = (amount: number): Reading => ({ kind: 'exact', amount });

test.each<[string, number]>([
  ['2.55', 255],
  ['-3', -300],
  ['.5', 50],
  ['5.', 500],
  ['19,9', 1990],
  ['0.500', 50],
  ['1234.500', 123450],
  ['1,234.50', 123450],
  ['1.234,50', 123450],
  ['1 234,50', 123450],
  ['1\u00a0234\u00a0567,5', 123456750],
  ["1'234.50", 123450],
  ['1,234,567', 123456700],
  ['12,34,567.00', 123456700],
  ['90071992547409.91', 9007199254740991],
  ['5.-', 500],
  ['5,—', 500],
  ['5.00-', -500],
  ['\u22125', -500],
  ['+5', 500],
  ['$5.00', 500],
  ['-$5.00', -500],
  ['$-5.00', -500],
  ['($5.00)', -500],
  ['US$ 5', 500],
  ['5 USD', 500],
  ['$5.00 USD', 500],
])('%s is read as %i cents, whatever the other cells say', (cell, amount) => {
  const currency = findCurrency('USD');
  for (const decimal of ['.', ',', undefined] as const) {
    expect(readNumber(cell, 2, rules(decimal), currency)).toEqual(exact(amount));
  }
});

test.each([
  '',
  '.',
  '-',
  '1e3',
  '0x1',
  '١',
  '1.2.3',
  '--1',
  '(-1)',
  '1,2345.00',
  '1 2',
  '1-2',
  '5 kg',
  '1,23,45',
  '1.23.456',
  '5+',
  'Rs',
])('%j is not guessed at', (cell) => {
  const kinds = ['not-a-number', 'empty'];
  expect(kinds).toContain(readNumber(cell, 2, rules('.'), findCurrency('USD')).kind);
});

test.each<[string, string, string]>([
  ['Rs.500', 'INR', 'exact'],
  ['AU $3,000.00', 'AUD', 'exact'],
  ['C $30.00', 'CAD', 'exact'],
  ['EUR 90,00', 'EUR', 'exact'],
  ['Fr. 5.-', 'CHF', 'exact'],
  ['100 kr', 'SEK', 'exact'],
  ['US $3', 'AUD', 'other-currency'],
  ['€5', 'GBP', 'other-currency'],
  ['5 JPY', 'USD', 'other-currency'],
])('the sign in %s is that of %s: %s', (cell, code, kind) => {
  expect(readNumber(cell, 2, rules(), findCurrency(code)).kind).toBe(kind);
  expect(readNumber(cell, 0, rules()).kind).toBe('not-a-number');
});

test.each<[string, readonly string[], readonly string[], Decimal | undefined]>([
  ['its own cells', ['1.200', '2', '19,90'], [], ','],
  ['its own cells, against others', ['1.200', '19,90'], ['19.90'], ','],
  ['the others, where it says nothing', ['1.000', '2'], ['19,90'], ','],
  ['nothing, where its own contradict each other', ['1.200', '19,90', '19.90'], ['5.5'], undefined],
  ['nothing, where the others do', ['1.200'], ['19,90', '19.90'], undefined],
  ['nothing, where nobody says anything', ['1.200', '2', '3,000'], ['1'], undefined],
  ['a number of thousands', ['1.200', '1.234.567'], [], ','],
  ['more or less than three digits', ['1.0000'], [], '.'],
])('the decimal sign of a column is told by %s', (_name, own, others, decimal) => {
  expect(decimalOf(evidence(...own), [evidence(...own), evidence(...others)], undefined)).toBe(
    decimal,
  );
});

test('a profile says how numbers are written only where the file does not', () => {
  const comma = evidence('19,90');
  expect(decimalOf(evidence('1.200'), [evidence('1.200')], '.')).toBe('.');
  expect(decimalOf(comma, [comma], '.')).toBe(',');
});

test('one separator before three digits is decided by the decimal sign, and by nothing else', () => {
  expect(readNumber('1.200', 2, rules(','))).toEqual(exact(120000));
  expect(readNumber('1.200', 2, rules('.'))).toEqual(exact(120));
  expect(readNumber('1,250', 3, rules(','))).toEqual(exact(1250));
  expect(readNumber('1.200', 2, rules())).toEqual({ kind: 'ambiguous' });
});

test('where the operator says the sign, a cell that is written otherwise is no number', () => {
  expect(readNumber('19.90', 2, rules(',', { isSaid: true }))).toEqual({ kind: 'other-sign' });
  expect(readNumber('19,90', 2, rules(',', { isSaid: true }))).toEqual(exact(1990));
});

test.each<[string, number, Reading]>([
  ['22.200000000000003', 2, exact(2220)],
  ['70.05000000000001', 2, exact(7005)],
  ['1.9999999999999998', 2, exact(200)],
  ['2.9999999999999996', 0, exact(3)],
  ['1.005', 2, { kind: 'inexact', isArtifact: false }],
  ['12.499999', 2, { kind: 'inexact', isArtifact: false }],
  ['0.333333333333333315', 2, { kind: 'inexact', isArtifact: false }],
])('what floating point left of %s is rounded only when said', (cell, digits, rounded) => {
  expect(readNumber(cell, digits, rules('.')).kind).toBe('inexact');
  expect(readNumber(cell, digits, rules('.', { isRounding: true }))).toEqual(rounded);
});

test('an amount that is no safe integer is too large, however long it is', () => {
  expect(readNumber('90071992547409.92', 2, rules('.'))).toEqual({ kind: 'too-large' });
  expect(readNumber('9'.repeat(100_000), 2, rules('.'))).toEqual({ kind: 'too-large' });
});

test('an amount is read back as it was written, by the digits of its currency', () => {
  const places = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(fc.maxSafeInteger(), places, fc.nat({ max: 5 }), (units, digits, zeros) => {
      const text = decimalText(BigInt(units), digits) + (digits > 0 ? '0'.repeat(zeros) : '');
      expect(readNumber(text, digits, rules('.'))).toEqual(exact(units + 0));
      const finer = `${decimalText(BigInt(units), digits)}${digits === 0 ? '.' : ''}7`;
      if (digits !== 3 - 1) expect(readNumber(finer, digits, rules('.')).kind).toBe('inexact');
    }),
  );
});
