/** Cleans up cells and recognizes what other programs did to them. */

/** White space of all kinds, and invisible marks (zero-width, text direction, byte order). */
const EDGE = '[\\s\\u00a0\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]+';
const EDGES = new RegExp(`^${EDGE}|${EDGE}$`, 'g');
const MAY_HAVE_EDGE = /^[^!-~]|[^!-~]$|\r|^=/;

/**
 * Trims a cell, turns its line breaks into LF, and removes the `="…"` that some exports wrap around
 * text so that a spreadsheet leaves it alone.
 */
export function trimmed(cell: string): string {
  if (!MAY_HAVE_EDGE.test(cell)) return cell;
  const text = cell.replace(EDGES, '').replace(/\r\n?/g, '\n');
  const [, wrapped] = /^="([^"]*)"$/.exec(text) ?? [];
  return wrapped === undefined ? text : trimmed(wrapped);
}

/** Invisible characters that never belong in a code: soft hyphens, zero-width spaces. */
const UNSEEN = /[\u00ad\u200b\u2060\ufeff]/g;

/** Normalizes a code, so that two codes that look the same are the same. */
export function codeOf(cell: string): string {
  return cell.replace(UNSEEN, '').replace(/[\u00a0\u202f]/g, ' ');
}

/** Formats a cell for a message: quoted unless it is a plain word or number. */
export function shown(cell: string): string {
  const text =
    cell.length <= CHARACTERS_SHOWN_MAX ? cell : `${cell.slice(0, CHARACTERS_SHOWN_MAX)}…`;
  return /^[\w.,+-]+$/.test(text) ? text : JSON.stringify(text);
}

const CHARACTERS_SHOWN_MAX = 60;

/** Says what a damaged order number has become; `undefined` if it looks intact. */
export function spreadsheetTrace(text: string): string | undefined {
  return TRACES.find(([pattern]) => pattern.test(text))?.[1];
}

/** Month names as spreadsheets abbreviate them in several languages. */
const MONTH =
  '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|' +
  'mär|mrz|mai|okt|dez|janv|févr|mars|avr|juin|juil|août|sept|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)';

/** Scientific notation, as spreadsheets show long numbers: 1.23457E+11. */
const SHORTENED = /^\d(?:[.,]\d+)?e[+-]\d+$/i;

/** Whether a code, such as a SKU or an EAN, has lost digits. */
export function isShortened(text: string): boolean {
  return SHORTENED.test(text);
}

/** What spreadsheets and data tools turn order numbers into; the original cannot be recovered. */
const TRACES: readonly (readonly [RegExp, string])[] = [
  [SHORTENED, 'a number that a spreadsheet shortened'],
  [/^#+$/, 'a column that was too narrow'],
  [/^#(?:n\/a|ref!|value!|name\?|div\/0!|num!|null!|spill!|nv|wert!|bezug!)$/i, 'a formula error'],
  [new RegExp(`^(?:\\d{1,2}\\.?[-. /]${MONTH}\\.?|${MONTH}\\.?[-. /]\\d{2})$`, 'i'), 'a date'],
  [new RegExp(`^\\d{1,2}\\.?[-. /]${MONTH}\\.?[-. /]\\d{2,4}$`, 'i'), 'a date'],
  [
    /^(?:\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}\/\d{1,2}\/\d{2,4}|\d{1,2}\.\d{1,2}\.\d{2,4})(?:[ T]\d.*)?$/,
    'a date',
  ],
  [/^\d+[.,]0+$/, 'a number that a data tool turned into a decimal'],
  [/^'\d+$/, 'a number with a spreadsheet’s text marker'],
  [/^=/, 'a formula'],
  [
    /^(?:nan|null|none|undefined|true|false|wahr|falsch|vrai|faux)$/i,
    'a placeholder for a missing value',
  ],
  [/\ufffd/, 'text with lost characters (U+FFFD)'],
];

/** Spreadsheets keep this many digits of a number and replace the rest with zeros. */
const SPREADSHEET_DIGITS = 15;

/** Whether a number longer than 15 digits looks as if a spreadsheet rounded it. */
export function isRoundedNumber(text: string): 'rounded' | 'exact' | 'short' {
  if (!/^\d+$/.test(text) || text.length <= SPREADSHEET_DIGITS) return 'short';
  return /^0+$/.test(text.slice(SPREADSHEET_DIGITS)) ? 'rounded' : 'exact';
}

/**
 * Makes an idempotency key of an order number: non-ASCII characters and `%` are percent-encoded as
 * UTF-8, so `decodeURIComponent` restores the number.
 */
export function idempotencyKeyOf(orderNumber: string): string {
  return orderNumber.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
