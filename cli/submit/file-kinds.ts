const AS_CSV =
  'Open it in a spreadsheet program, format the order numbers as text, and save it as CSV UTF-8.';

/** File types that are not rows of text, by their first bytes in hexadecimal. */
const SIGNATURES: readonly (readonly [prefixes: readonly string[], kind: string])[] = [
  [
    ['504b0304', '504b0506', '504b0708'],
    `a spreadsheet (.xlsx, .ods) or another archive, which submit does not read. ${AS_CSV}`,
  ],
  [['d0cf11e0'], `an old spreadsheet (.xls), which submit does not read. ${AS_CSV}`],
  [['1f8b', '425a68', 'fd377a', '377abcaf', '28b52ffd'], 'compressed. Unpack it first.'],
  [['25504446'], 'a PDF. Export the orders as CSV instead.'],
  [['fffe0000', '0000feff'], 'UTF-32 text. Save it as UTF-8.'],
];

/** File types that are text but not rows, by their beginning. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^<(?:!doctype|\?xml|html|table|meta)/i,
    `HTML or XML, which some shops export as .xls or .csv. ${AS_CSV}`,
  ],
  [
    /^\[/,
    'a JSON array. submit reads NDJSON: one order per line, without the surrounding brackets and commas.',
  ],
];

/** Recognizes a file that is not rows of text, and says what to do with it. */
export function kindOf(head: Buffer): string | undefined {
  const hex = head.toString('hex', 0, 8);
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  const [, signed] = SIGNATURES.find(([all]) => all.some((one) => hex.startsWith(one))) ?? [];
  return signed ?? BEGINNINGS.find(([pattern]) => pattern.test(text))?.[1];
}
