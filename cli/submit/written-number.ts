/**
 * Reads numbers as people and programs write them. Whether "1.200" means 1200 or 1.2 is decided by
 * the other cells of its column or by an option, never guessed.
 */
export type Decimal = '.' | ',';

/** Longer amounts exceed a safe integer, unless they are padded with zeros. */
export const CHARACTERS_MAX = 64;

const GROUP = /[ \u00a0\u2009\u202f'’]/;
/** The dash in "5.-" or "5,—" stands for no cents, but "5.00-" is negative. */
const NO_FRACTION = /[.,]\s?[-\u2013\u2014]{1,2}$/;
const CELL = /^((?:[^\d.,]|(?<=\p{L})\.)*)([.,]?\d[\d.,'’ \u00a0\u2009\u202f]*)(\D*)$/u;

export interface Written {
  readonly isNegative: boolean;
  /** Currency signs or codes before and after the number. */
  readonly signs: readonly string[];
  /** Digits and separators. */
  readonly core: string;
}

/** Takes a cell apart: "-$ 1,234.50", "(5,00 €)", "AU $3,000.00". */
export function written(cell: string): Written | undefined {
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

/** The whole part and the fraction, or the separator that makes the number ambiguous. */
export type Parts =
  | { readonly kind: 'parts'; readonly whole: string; readonly fraction: string; decimal?: Decimal }
  | { readonly kind: 'ambiguous'; readonly separator: Decimal };

/** Splits digits and separators at the decimal sign, if that is certain. */
export function partsOf(core: string): Parts | undefined {
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

/** Removes the separators if they are where thousands (or lakhs and crores) begin. */
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
