import { type Currency, isSign, isSignOf } from '../money.ts';

/**
 * Numbers as people and programs write them. What a lone separator before three digits means
 * ("1.200") is told by the other cells of the column or by the operator, and never guessed.
 */
export type Decimal = '.' | ',';

export type Reading =
  | { readonly kind: 'exact'; readonly amount: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-a-number' }
  /** It can be read in two ways. */
  | { readonly kind: 'ambiguous' }
  /** It is written with the other decimal sign than was said. */
  | { readonly kind: 'other-sign' }
  | { readonly kind: 'inexact'; readonly isArtefact: boolean }
  | { readonly kind: 'too-large' }
  /** A currency sign or code that is not that of the order. */
  | { readonly kind: 'other-currency'; readonly sign: string };

export interface NumberRules {
  /** What the digits after it are a part of; unknown where neither the column nor anybody told. */
  readonly decimal: Decimal | undefined;
  /** Whether somebody said so: then a cell that is written otherwise is no number. */
  readonly isSaid: boolean;
  /** Whether to round what floating point has left behind. */
  readonly isRounding: boolean;
}

/** Past this many characters an amount can't be a safe integer, save by needless zeros. */
const CHARACTERS_MAX = 64;
/** Digits from which a number may be what floating point printed; its error is below 1 in 10^12. */
const ARTEFACT_DIGITS_MIN = 15;
const ARTEFACT_SCALE = 10n ** 12n;

const GROUP = /[ \u00a0\u2009\u202f'’]/;
/** "5.-" and "5,—" have no fraction; "5.00-" is negative. */
const NO_FRACTION = /[.,]\s?[-\u2013\u2014]{1,2}$/;
const CELL = /^((?:[^\d.,]|(?<=\p{L})\.)*)([.,]?\d[\d.,'’ \u00a0\u2009\u202f]*)(\D*)$/u;

interface Written {
  readonly isNegative: boolean;
  /** Signs or codes of currencies, in front and behind. */
  readonly signs: readonly string[];
  /** Digits and separators. */
  readonly core: string;
}

/** Takes a cell apart: "-$ 1,234.50", "(5,00 €)", "AU $3,000.00". */
function written(cell: string): Written | undefined {
  if (/^\d[\d.,]*$/.test(cell)) return { isNegative: false, signs: [], core: cell };
  const isBracketed = /^\(.*\)$/.test(cell);
  const inner = (isBracketed ? cell.slice(1, -1) : cell).replace(NO_FRACTION, '');
  const [, front = '', core, back = ''] = CELL.exec(inner) ?? [];
  if (core === undefined) return undefined;
  const around = [front.replace(/^\s*\+/, ''), back].map((text) => text.replace(/\s/g, ''));
  const minuses = around.join('').match(/[-\u2212]/g)?.length ?? 0;
  if (minuses > (isBracketed ? 0 : 1)) return undefined;
  const signs = around.map((text) => text.replace(/^[-\u2212]|[-\u2212]$/, '')).filter(Boolean);
  return { isNegative: isBracketed || minuses === 1, signs, core: core.trimEnd() };
}

/** Whole part and fraction, or which separator makes it ambiguous. */
type Parts =
  | { readonly kind: 'parts'; readonly whole: string; readonly fraction: string; decimal?: Decimal }
  | { readonly kind: 'ambiguous'; readonly separator: Decimal };

function partsOf(core: string): Parts | undefined {
  const [last] = core.match(/[.,](?=[^.,]*$)/) ?? [];
  if (last === undefined) return wholeOnly(core, GROUP);
  const separator = last as Decimal;
  const other = separator === '.' ? ',' : '.';
  const at = core.lastIndexOf(separator);
  const [left, right] = [core.slice(0, at), core.slice(at + 1)];
  if (left.includes(separator)) {
    return core.includes(other) ? undefined : wholeOnly(core, separator, other);
  }
  if (!/^\d*$/.test(right)) return undefined;
  if (/^[1-9]\d{0,2}$/.test(left) && right.length === 3) return { kind: 'ambiguous', separator };
  const whole = left === '' ? '' : ungrouped(left, left.includes(other) ? other : GROUP);
  return whole === undefined
    ? undefined
    : { kind: 'parts', whole, fraction: right, decimal: separator };
}

function wholeOnly(
  core: string,
  separator: Decimal | RegExp,
  decimal?: Decimal,
): Parts | undefined {
  const whole = ungrouped(core, separator);
  return whole === undefined
    ? undefined
    : { kind: 'parts', whole, fraction: '', ...(decimal && { decimal }) };
}

/** The digits without separators, if these stand where thousands (or lakhs and crores) begin. */
function ungrouped(text: string, separator: string | RegExp): string | undefined {
  if (/^\d+$/.test(text)) return text;
  const groups = text.split(separator);
  if (new Set(text.match(/\D/g)).size > 1) return undefined;
  const [first = '', ...others] = groups;
  const last = others.at(-1) ?? '';
  const isGrouped =
    /^\d{1,3}$/.test(first) &&
    /^\d{3}$/.test(last) &&
    (others.every((group) => /^\d{3}$/.test(group)) ||
      (separator === ',' &&
        /^\d{1,2}$/.test(first) &&
        others.slice(0, -1).every((group) => /^\d{2}$/.test(group))));
  return isGrouped ? groups.join('') : undefined;
}

/** What the cells of a column, seen so far, say about how its numbers are written. */
export class NumberEvidence {
  readonly decimals = new Set<Decimal>();
  /** How many cells have how many digits behind the decimal sign. */
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
 * The decimal sign of a column: as it was said, or as its own cells have it, or else as all other
 * columns of the file have it, or else as the profile has it.
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
 * @param currency  whose sign or code may stand in the cell; none for a quantity
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
    const isArtefact = significant >= ARTEFACT_DIGITS_MIN && off * ARTEFACT_SCALE <= value;
    if (!isArtefact || !isRounding) return { kind: 'inexact', isArtefact };
    units = nearest;
  }
  const amount = Number(isNegative ? -units : units);
  return Number.isSafeInteger(amount) ? { kind: 'exact', amount } : { kind: 'too-large' };
}

/** What is wrong with a cell, for a sentence that begins "Price 1,5 is"; with what to do. */
export function numberFault(
  reading: Exclude<Reading, { kind: 'exact' | 'empty' }>,
  currency?: Currency,
): string {
  switch (reading.kind) {
    case 'ambiguous':
      return 'ambiguous (a thousands separator or a decimal sign?): say --decimal point or comma';
    case 'other-sign':
      return 'not written with the decimal sign that --decimal names';
    case 'other-currency':
      return `in ${reading.sign}, and the order in ${currency?.code}`;
    case 'too-large':
      return 'too large';
    case 'not-a-number':
      return 'not a number';
    case 'inexact': {
      const rule = currency
        ? `not a whole number of ${currency.code}'s minor unit (${currency.digits} decimal places)`
        : 'not a whole number';
      return reading.isArtefact ? `${rule}, but for what --round-floats rounds` : rule;
    }
  }
}

/** Whether a cell could be a number of some kind. */
export function isNumberLike(cell: string): boolean {
  return cell.length <= CHARACTERS_MAX && partsOf(written(cell)?.core ?? '') !== undefined;
}
