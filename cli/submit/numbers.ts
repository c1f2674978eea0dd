import { type Currency, isSign, isSignOf } from '../money.ts';
import { CHARACTERS_MAX, type Decimal, partsOf, written } from './written-number.ts';

export type Reading =
  | { readonly kind: 'exact'; readonly amount: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-a-number' }
  /** Either a thousands separator or a decimal sign. */
  | { readonly kind: 'ambiguous' }
  /** It uses another decimal sign than `--decimal` names. */
  | { readonly kind: 'other-sign' }
  | { readonly kind: 'inexact'; readonly isArtifact: boolean }
  | { readonly kind: 'too-large' }
  /** It has the sign or code of another currency. */
  | { readonly kind: 'other-currency'; readonly sign: string };

export interface NumberRules {
  /** Undefined if neither the file nor an option tells. */
  readonly decimal: Decimal | undefined;
  /** Whether `--decimal` was given: then cells with the other sign are rejected. */
  readonly isSaid: boolean;
  /** Whether to round floating-point artifacts. */
  readonly isRounding: boolean;
}

/** A floating-point artifact has at least this many digits and an error below 1 in 10^12. */
const ARTIFACT_DIGITS_MIN = 15;
const ARTIFACT_SCALE = 10n ** 12n;

/** What the cells of a column reveal about how its numbers are written. */
export class NumberEvidence {
  readonly decimals = new Set<Decimal>();
  /** How many cells there are for each number of decimal places. */
  readonly places = new Map<number, number>();

  observe(cell: string): void {
    if (cell === '' || cell.length > CHARACTERS_MAX) return;
    if (!/[.,]/.test(cell)) {
      this.#count(0);
      return;
    }
    const parts = partsOf(written(cell)?.core ?? '');
    if (parts?.kind !== 'parts') return;
    this.#count(parts.fraction.length);
    if (parts.decimal) this.decimals.add(parts.decimal);
  }

  #count(places: number): void {
    this.places.set(places, (this.places.get(places) ?? 0) + 1);
  }
}

/**
 * The decimal sign of a column: that of its own cells, or else that of all number columns, or else
 * the usual one of the profile. Undefined if cells contradict each other.
 */
export function decimalOf(
  own: NumberEvidence,
  all: readonly NumberEvidence[],
  usual: Decimal | undefined,
): Decimal | undefined {
  const [first, second] = own.decimals;
  if (first) return second ? undefined : first;
  const [some, others] = new Set(all.flatMap(({ decimals }) => [...decimals]));
  return some ? (others ? undefined : some) : usual;
}

/**
 * Reads a cell as an integer of units of 10^-digits, exactly, in BigInt.
 *
 * @param currency  its sign or code may be in the cell; none for a quantity
 */
export function readNumber(
  cell: string,
  digits: number,
  rules: NumberRules,
  currency?: Currency,
): Reading {
  if (cell === '') return { kind: 'empty' };
  if (cell.length > CHARACTERS_MAX) return { kind: 'too-large' };
  const { isNegative = false, signs = [], core = '' } = written(cell) ?? {};
  const read = core === '' ? undefined : partsOf(core);
  if (!read) return { kind: 'not-a-number' };
  const sign = signs.find((one) => !currency || !isSignOf(one, currency.code));
  if (sign !== undefined) {
    return currency && isSign(sign) ? { kind: 'other-currency', sign } : { kind: 'not-a-number' };
  }
  const parts = read.kind === 'parts' ? read : decided(core, read.separator, rules);
  if (!parts) return { kind: 'ambiguous' };
  if (rules.isSaid && parts.decimal && parts.decimal !== rules.decimal)
    return { kind: 'other-sign' };
  return unitsOf(parts, isNegative, digits, rules.isRounding);
}

function decided(core: string, separator: Decimal, { decimal }: NumberRules) {
  if (decimal === undefined) return undefined;
  const [whole = '', fraction = ''] = core.split(separator);
  return separator === decimal
    ? { whole, fraction, decimal }
    : { whole: whole + fraction, fraction: '', decimal };
}

function unitsOf(
  { whole, fraction }: { readonly whole: string; readonly fraction: string },
  isNegative: boolean,
  digits: number,
  isRounding: boolean,
): Reading {
  let units = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  const rest = fraction.slice(digits);
  if (/[1-9]/.test(rest)) {
    const scale = 10n ** BigInt(rest.length);
    const value = units * scale + BigInt(rest);
    const nearest = (value + scale / 2n) / scale;
    const off = value > nearest * scale ? value - nearest * scale : nearest * scale - value;
    const significant = (whole + fraction).replace(/^0+/, '').length;
    const isArtifact = significant >= ARTIFACT_DIGITS_MIN && off * ARTIFACT_SCALE <= value;
    if (!isArtifact || !isRounding) return { kind: 'inexact', isArtifact };
    units = nearest;
  }
  const amount = Number(isNegative ? -units : units);
  return Number.isSafeInteger(amount) ? { kind: 'exact', amount } : { kind: 'too-large' };
}

/** Completes a sentence that begins "Price 1.200 is", with what to do. */
export function numberFault(
  reading: Exclude<Reading, { kind: 'exact' | 'empty' }>,
  currency?: Currency,
): string {
  switch (reading.kind) {
    case 'ambiguous':
      return 'ambiguous (thousands separator or decimal sign?): use --decimal point or --decimal comma';
    case 'other-sign':
      return 'not written with the decimal sign given by --decimal';
    case 'other-currency':
      return `in ${reading.sign}, but the order is in ${currency?.code}`;
    case 'too-large':
      return 'too large';
    case 'not-a-number':
      return 'not a number';
    case 'inexact': {
      const rule = currency
        ? `not a whole number of ${currency.code}'s minor unit (${currency.digits} decimal places)`
        : 'not a whole number';
      return reading.isArtifact
        ? `${rule}; --round-floats rounds such floating-point artifacts`
        : rule;
    }
  }
}

/** Whether a cell could be a number of some kind. */
export function isNumberLike(cell: string): boolean {
  return cell.length <= CHARACTERS_MAX && partsOf(written(cell)?.core ?? '') !== undefined;
}
