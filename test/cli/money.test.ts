import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCurrency, formatMoney, toMinorUnits } from '../../cli/money.ts';

test('the digits of a currency are those of ISO 4217, also where Intl has others', () => {
  const digits = { GBP: 2, JPY: 0, BHD: 3, CLF: 4, UYW: 4, IQD: 3, LBP: 2, AFN: 2, ALL: 2, XCG: 2 };
  for (const [code, expected] of Object.entries(digits)) {
    expect(findCurrency(code), code).toEqual({ code, digits: expected });
  }
});

test('the ariary and the ouguiya have the 2 digits of ISO 4217, not the fifths they are minted in', () => {
  expect(findCurrency('MGA')?.digits).toBe(2);
  expect(findCurrency('MRU')?.digits).toBe(2);
});

test('what has no minor unit in ISO 4217, or is not in it, is no currency to convert', () => {
  for (const code of ['XAU', 'XDR', 'XTS', 'GBX', 'gbp', '', 'default', '__proto__', 'toString']) {
    expect(findCurrency(code), code).toBeUndefined();
  }
});

test('a decimal of at most the currency’s digits is converted exactly', () => {
  const digits = fc.integer({ min: 0, max: 4 });
  const amount = fc.maxSafeInteger();
  fc.assert(
    fc.property(amount, digits, fc.nat({ max: 5 }), (units, places, zeros) => {
      const text = decimalText(BigInt(units), places) + (places > 0 ? '0'.repeat(zeros) : '');
      expect(toMinorUnits(text, places)).toEqual({ kind: 'exact', amount: units + 0 });
    }),
  );
});

test('a decimal with a finer part than the minor unit is never rounded', () => {
  const digits = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      digits,
      fc.integer({ min: 1, max: 9 }),
      (units, places, finer) => {
        const point = places === 0 ? '.' : '';
        const text = `${decimalText(BigInt(units), places)}${point}${finer}`;
        expect(toMinorUnits(text, places)).toEqual({ kind: 'inexact' });
      },
    ),
  );
});

test('amounts that floats get wrong are converted exactly', () => {
  expect(toMinorUnits('1.005', 3)).toEqual({ kind: 'exact', amount: 1005 });
  expect(toMinorUnits('4.35', 2)).toEqual({ kind: 'exact', amount: 435 });
  expect(toMinorUnits('90071992547409.91', 2)).toEqual({ kind: 'exact', amount: 9007199254740991 });
  expect(toMinorUnits('0.001', 2)).toEqual({ kind: 'inexact' });
});

test('an amount that is no safe integer is too large, however long it is', () => {
  expect(toMinorUnits('90071992547409.92', 2)).toEqual({ kind: 'too-large' });
  expect(toMinorUnits('9'.repeat(100_000), 2)).toEqual({ kind: 'too-large' });
});

test('a decimal may leave out the zero on either side of its point', () => {
  expect(toMinorUnits('.5', 2)).toEqual({ kind: 'exact', amount: 50 });
  expect(toMinorUnits('-5.', 2)).toEqual({ kind: 'exact', amount: -500 });
});

test('what is no plain decimal is not guessed at', () => {
  const texts = [
    '',
    '.',
    '-',
    '-.',
    '1,5',
    '1,000.00',
    '1e3',
    '+1',
    ' 1',
    '1 ',
    '£1',
    '0x1',
    '١',
    '1.2.3',
    '--1',
  ];
  for (const text of texts) expect(toMinorUnits(text, 2), text).toEqual({ kind: 'not-a-decimal' });
});

test('money is shown with the currency’s own decimals', () => {
  expect(formatMoney(123456, 'GBP')).toBe('GBP 1,234.56');
  expect(formatMoney(5, 'GBP')).toBe('GBP 0.05');
  expect(formatMoney(-5, 'GBP')).toBe('GBP -0.05');
  expect(formatMoney(123456, 'JPY')).toBe('JPY 123,456');
  expect(formatMoney(90071992547409929n, 'BHD')).toBe('BHD 90,071,992,547,409.929');
  expect(formatMoney(7, 'XDR')).toBe('XDR 7 (minor units)');
});

test('money shown is the money converted', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('GBP', 'JPY', 'IQD', 'CLF'), (units, code) => {
      const text = formatMoney(units, code).replace(`${code} `, '').replaceAll(',', '');
      const digits = findCurrency(code)?.digits ?? Number.NaN;
      expect(toMinorUnits(text, digits)).toEqual({ kind: 'exact', amount: units + 0 });
    }),
  );
});

/** Units of 10^-places as text, written by other means than the code under test. */
function decimalText(units: bigint, places: number): string {
  const sign = units < 0n ? '-' : '';
  const figures = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const point = figures.length - places;
  return sign + (places === 0 ? figures : `${figures.slice(0, point)}.${figures.slice(point)}`);
}
