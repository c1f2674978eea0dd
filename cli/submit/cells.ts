/** What stands in a cell, without what programs put around it. */

/** Spaces of all kinds, line breaks, and marks that take no room (zero-width, direction, BOM). */
const EDGE = '[\\s\\u00a0\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]+';
const EDGES = new RegExp(`^${EDGE}|${EDGE}$`, 'g');
const MAY_HAVE_EDGE = /^[^!-~]|[^!-~]$|\r|^=/;

/**
 * A cell without stray spaces, with line breaks as LF, and without the `="…"` that some exports
 * wrap around text to keep a spreadsheet from changing it.
 */
export function trimmed(cell: string): string {
  if (!MAY_HAVE_EDGE.test(cell)) return cell;
  const text = cell.replace(EDGES, '').replace(/\r\n?/g, '\n');
  const [, wrapped] = /^="([^"]*)"$/.exec(text) ?? [];
  return wrapped === undefined ? text : trimmed(wrapped);
}

/** Characters that nobody sees and no code has: a soft hyphen, zero-width spaces. */
const UNSEEN = /[\u00ad\u200b\u2060\ufeff]/g;

/** A code as people see it, so that two that look alike are the same. */
export function codeOf(cell: string): string {
  return cell.replace(UNSEEN, '').replace(/[\u00a0\u202f]/g, ' ');
}

/** A cell within a sentence: quoted when it would be read wrongly without. */
export function shown(cell: string): string {
  const text =
    cell.length <= CHARACTERS_SHOWN_MAX ? cell : `${cell.slice(0, CHARACTERS_SHOWN_MAX)}…`;
  return /^[\w.,+-]+$/.test(text) ? text : JSON.stringify(text);
}

const CHARACTERS_SHOWN_MAX = 60;

/** What a text is that is no order number, or `undefined` for what may be one. */
export function spreadsheetTrace(text: string): string | undefined {
  return TRACES.find(([pattern]) => pattern.test(text))?.[1];
}

/** As spreadsheets of some languages shorten them. */
const MONTH =
  '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|' +
  'mär|mrz|mai|okt|dez|janv|févr|mars|avr|juin|juil|août|sept|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)';

/** A long number as spreadsheets and programs show it: 1.23457E+11. */
const SHORTENED = /^\d(?:[.,]\d+)?e[+-]\d+$/i;

/** Whether a code, such as a SKU or an EAN, has lost digits. */
export function isShortened(text: string): boolean {
  return SHORTENED.test(text);
}

/** What spreadsheets and data tools make of order numbers, from which the number cannot be had back. */
const TRACES: readonly (readonly [RegExp, string])[] = [
  [SHORTENED, 'a number that a spreadsheet shortened'],
  [/^#+$/, 'a column that was too narrow'],
  [
    /^#(?:n\/a|ref!|value!|name\?|div\/0!|num!|null!|spill!|nv|wert!|bezug!)$/i,
    'a formula’s error',
  ],
  [new RegExp(`^(?:\\d{1,2}\\.?[-. /]${MONTH}\\.?|${MONTH}\\.?[-. /]\\d{2})$`, 'i'), 'a date'],
  [new RegExp(`^\\d{1,2}\\.?[-. /]${MONTH}\\.?[-. /]\\d{2,4}$`, 'i'), 'a date'],
  [
    /^(?:\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}\/\d{1,2}\/\d{2,4}|\d{1,2}\.\d{1,2}\.\d{2,4})(?:[ T]\d.*)?$/,
    'a date',
  ],
  [/^\d+[.,]0+$/, 'a number that a data tool gave decimals'],
  [/^'\d+$/, 'a number behind a spreadsheet’s mark for text'],
  [/^=/, 'a formula'],
  [/^(?:nan|null|none|undefined|true|false|wahr|falsch|vrai|faux)$/i, 'a value of a program'],
  [/\ufffd/, 'text with characters that were lost (U+FFFD)'],
];

/** As many digits as a spreadsheet keeps of a number; it puts zeros for the others. */
const SPREADSHEET_DIGITS = 15;

/** Whether a long number ends as one does of which a spreadsheet has kept the first 15 digits. */
export function isRoundedNumber(text: string): 'rounded' | 'exact' | 'short' {
  if (!/^\d+$/.test(text) || text.length <= SPREADSHEET_DIGITS) return 'short';
  return /^0+$/.test(text.slice(SPREADSHEET_DIGITS)) ? 'rounded' : 'exact';
}

/**
 * The idempotency key of an order number: itself, with what a key cannot hold, and `%`, as the
 * percent-encoded bytes of its UTF-8. `decodeURIComponent` gives the number back.
 */
export function idempotencyKeyOf(orderNumber: string): string {
  return orderNumber.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
