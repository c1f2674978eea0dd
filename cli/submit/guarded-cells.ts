/**
 * Cells of a rejects file, which somebody opens in a spreadsheet or prints on a terminal: a cell that a
 * spreadsheet would run as a formula begins with an apostrophe more, and a control character is written as
 * `␛` and four digits. Read back, they are what they were.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function guarded(cell: string): string {
  const visible = escaped(cell);
  return FORMULA.test(visible) && !NUMBER.test(visible) ? `'${visible}` : visible;
}

/** Undoes `guarded`. */
export function unguarded(cell: string): string {
  const visible = GUARDED.test(cell) ? cell.slice(1) : cell;
  return visible.replace(ESCAPED, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Control characters made visible, but for tabs and line ends. */
export function escaped(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => `␛${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const FORMULA = /^\s*'*[=+\-@]/;
const GUARDED = /^'\s*'*[=+\-@]/;
const NUMBER = /^\s*[+-]?\s*[\d.,]+\s*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
const UNSAFE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069␛]/g;
const ESCAPED = /␛([0-9a-f]{4})/g;
