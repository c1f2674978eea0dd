/**
 * Amounts of money between text in the currency's major unit ("2.55") and the API's integers in
 * its minor unit (255): exact, in BigInt, never through a float.
 *
 * The digits come from ISO 4217 by way of dinero.js. `Intl` would not do: it follows the CLDR,
 * which gives the digits that people use (IQD 0, LBP 0), not those of the standard (3 and 2).
 */
import * as isoCurrencies from 'dinero.js/currencies';

/** A currency and its ISO 4217 minor unit. */
export interface Currency {
  readonly code: string;
  /** Decimal places of the major unit: 2 for GBP, 0 for JPY, 3 for IQD. */
  readonly digits: number;
}

export type Conversion =
  | { kind: 'exact'; amount: number }
  | { kind: 'not-a-decimal' }
  | { kind: 'inexact' }
  | { kind: 'too-large' };

/**
 * dinero.js counts the ariary and the ouguiya in fifths (base 5, exponent 1), as they are minted;
 * ISO 4217 gives both 2 digits.
 */
const DIGITS_OF_FIFTHS = 2;

/** Past this many characters an amount can't be a safe integer, save by needless zeros. */
const AMOUNT_CHARACTERS_MAX = 64;

/** @returns undefined for a code that is not in ISO 4217, or has no minor unit there (gold, XDR) */
export function findCurrency(code: string): Currency | undefined {
  const known: Record<string, { base: unknown; exponent: number }> = isoCurrencies;
  const found = Object.hasOwn(known, code) ? known[code] : undefined;
  if (!found) return undefined;
  return { code, digits: found.base === 10 ? found.exponent : DIGITS_OF_FIFTHS };
}

/**
 * Reads a decimal ("2.55", "-3", ".5", "1.500") as an integer of units of 10^-digits.
 * A thousands separator, an exponent, a plus sign or a space make it no decimal: a guess at
 * what they mean could be wrong by a factor of a thousand.
 */
export function toMinorUnits(text: string, digits: number): Conversion {
  if (text.length > AMOUNT_CHARACTERS_MAX) return { kind: 'too-large' };
  const parts = /^(-?)(?=\.?\d)(\d*)\.?(\d*)$/.exec(text);
  if (!parts) return { kind: 'not-a-decimal' };
  const [, sign, whole = '', fraction = ''] = parts;
  if (/[1-9]/.test(fraction.slice(digits))) return { kind: 'inexact' };
  const magnitude = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  const amount = Number(sign ? -magnitude : magnitude);
  return Number.isSafeInteger(amount) ? { kind: 'exact', amount } : { kind: 'too-large' };
}

/** "GBP 1,234.56". A currency whose digits aren't known is shown in minor units, and says so. */
export function formatMoney(amount: number | bigint, currencyCode: string): string {
  const currency = findCurrency(currencyCode);
  const units = BigInt(amount);
  if (!currency) return `${currencyCode} ${grouped(units)} (minor units)`;
  const magnitude = units < 0n ? -units : units;
  const scale = 10n ** BigInt(currency.digits);
  const fraction = (magnitude % scale).toString().padStart(currency.digits, '0');
  const decimals = currency.digits === 0 ? '' : `.${fraction}`;
  return `${currencyCode} ${units < 0n ? '-' : ''}${grouped(magnitude / scale)}${decimals}`;
}

/** Thousands set apart, the same in every locale. */
export function grouped(count: number | bigint): string {
  return count.toLocaleString('en-GB');
}
