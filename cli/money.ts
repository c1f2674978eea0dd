/**
 * Currencies with their decimal digits and signs, and the formatting of amounts.
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

/**
 * dinero.js counts the ariary and the ouguiya in fifths (base 5, exponent 1), as they are minted;
 * ISO 4217 gives both 2 digits.
 */
const DIGITS_OF_FIFTHS = 2;

/** The currencies that the API takes; see `lib/orders/submission.ts`. */
const KNOWN = new Set(Intl.supportedValuesOf('currency'));
/** Withdrawn from ISO 4217 and dinero.js but still known to the API; all have 2 digits. */
const WITHDRAWN = new Set(['ANG', 'CUC', 'HRK', 'SLL', 'ZWL']);

/** @returns undefined for a code that the API does not know, or that has no minor unit (XDR, XSU) */
export function findCurrency(code: string): Currency | undefined {
  if (!KNOWN.has(code)) return undefined;
  if (WITHDRAWN.has(code)) return { code, digits: 2 };
  const known: Record<string, { base: unknown; exponent: number }> = isoCurrencies;
  const found = Object.hasOwn(known, code) ? known[code] : undefined;
  if (!found) return undefined;
  return { code, digits: found.base === 10 ? found.exponent : DIGITS_OF_FIFTHS };
}

/**
 * Whether a sign can mean a currency: its code, its own sign (`€`) or a shared one (`$`), possibly
 * after the first letters of its code (`AU$`, `C$`).
 *
 * @param sign  without spaces
 */
export function isSignOf(sign: string, code: string): boolean {
  const upper = sign.toUpperCase();
  if (upper === code) return true;
  const [letters = ''] = /^[A-Z]{0,2}/.exec(upper) ?? [];
  return signsOf(code).some(
    (own) => upper === own || (upper === letters + own && code.startsWith(letters)),
  );
}

/** Whether it is the sign or code of any currency. */
export function isSign(sign: string): boolean {
  return [...KNOWN].some((code) => isSignOf(sign, code));
}

const SIGNS = new Map<string, readonly string[]>();

function signsOf(code: string): readonly string[] {
  const known = SIGNS.get(code);
  if (known) return known;
  const signs = (['symbol', 'narrowSymbol'] as const).flatMap((currencyDisplay) =>
    new Intl.NumberFormat('en', { style: 'currency', currency: code, currencyDisplay })
      .formatToParts(1)
      .filter(({ type }) => type === 'currency')
      .map(({ value }) => value),
  );
  const all = [...signs, ...(LOCAL_SIGNS[code] ?? [])];
  const spelled = all.map((sign) => sign.replace(/\s/g, '').toUpperCase());
  SIGNS.set(code, spelled);
  return spelled;
}

/** Signs that are not used in English. */
const LOCAL_SIGNS: Readonly<Record<string, readonly string[]>> = {
  CHF: ['Fr.', 'SFr.', 'Fr'],
  JPY: ['￥', '円'],
  CNY: ['￥', '元', 'RMB'],
  INR: ['Rs', 'Rs.'],
  PLN: ['zł'],
  SEK: ['kr', 'kr.'],
  NOK: ['kr', 'kr.'],
  DKK: ['kr', 'kr.'],
};

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
