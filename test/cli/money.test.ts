import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCurrency, formatMoney } from '../../cli/money.ts';
import { decimalText } from '../support/decimal-text.ts';

test('the digits of a currency are those of ISO 4217, also where Intl has others', () => {
  const digits = { GBP: 2, JPY: 0, BHD: 3, IQD: 3, LBP: 2, AFN: 2, ALL: 2, XCG: 2, HRK: 2 };
  for (const [code, expected] of Object.entries(digits)) {
    expect(findCurrency(code), code).toEqual({ code, digits: expected });
  }
});

test('the ariary and the ouguiya have the 2 digits of ISO 4217, not the fifths they are minted in', () => {
  expect(findCurrency('MGA')?.digits).toBe(2);
  expect(findCurrency('MRU')?.digits).toBe(2);
});

test('the currencies are those of the API, save the two that have no minor unit', () => {
  const unknown = Intl.supportedValuesOf('currency').filter((code) => !findCurrency(code));
  expect(unknown).toEqual(['XDR', 'XSU']);
});

test('what the API does not know is no currency', () => {
  for (const code of ['XTS', 'CLF', 'GBX', 'gbp', '', 'default', '__proto__', 'toString']) {
    expect(findCurrency(code), code).toBeUndefined();
  }
});

test('money is shown with the currency’s own decimals', () => {
  expect(formatMoney(123456, 'GBP')).toBe('GBP 1,234.56');
  expect(formatMoney(5, 'GBP')).toBe('GBP 0.05');
  expect(formatMoney(-5, 'GBP')).toBe('GBP -0.05');
  expect(formatMoney(123456, 'JPY')).toBe('JPY 123,456');
  expect(formatMoney(90071992547409929n, 'BHD')).toBe('BHD 90,071,992,547,409.929');
  expect(formatMoney(7, 'XDR')).toBe('XDR 7 (minor units)');
});

test('money shown is the money there is', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('GBP', 'JPY', 'IQD'), (units, code) => {
      const text = formatMoney(units, code).replace(`${code} `, '').replaceAll(',', '');
      expect(text).toBe(decimalText(BigInt(units), findCurrency(code)?.digits ?? Number.NaN));
    }),
  );
});
