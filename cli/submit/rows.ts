import { CommandFailure } from '../failure.ts';
import { grouped } from '../money.ts';

/** One row of a file, with unmodified cells. */
export interface Row {
  /** The line number in the file on which the row begins, as an editor shows it. */
  readonly row: number;
  readonly cells: readonly string[];
  /** Its lines, if there are several. */
  readonly lines?: readonly string[];
}

/** `double`: quotes enclose cells and are doubled inside (RFC 4180). `none`: quotes are plain text. */
export type Quoting = 'double' | 'none';

/** Longer than any real row; an unclosed quote would make the rest of the file one row. */
const ROW_CHARACTERS_MAX = 1024 * 1024;

/** How the lines of a file end. */
export interface LineEnds {
  readonly kinds: Set<string>;
  /** Whether the last line has no line end. */
  isLastOpen: boolean;
}

/** Splits text into lines at CRLF, LF or CR, in batches, and records which line ends there are. */
export async function* linesOf(
  text: AsyncIterable<string>,
  ends: LineEnds = { kinds: new Set(), isLastOpen: false },
): AsyncGenerator<string[]> {
  let rest = '';
  let row = 1;
  for await (const piece of text) {
    let whole = rest + piece;
    // A CR at the end of a piece may be the first half of a CRLF.
    const held = whole.endsWith('\r') ? '\r' : '';
    if (held) whole = whole.slice(0, -1);
    const lines = split(whole, ends.kinds);
    rest = (lines.pop() ?? '') + held;
    row += lines.length;
    if (rest.length > ROW_CHARACTERS_MAX) {
      throw new CommandFailure(`Row ${grouped(row)} is longer than a million characters.`);
    }
    yield lines;
  }
  const last = split(rest, ends.kinds);
  ends.isLastOpen = last.at(-1) !== '';
  yield ends.isLastOpen ? last : last.slice(0, -1);
}

function split(text: string, ends: Set<string>): string[] {
  if (!text.includes('\r')) {
    if (text.includes('\n')) ends.add('LF');
    return text.split('\n');
  }
  const joined = text.replaceAll('\r\n', '\n');
  const crlfs = text.length - joined.length;
  if (crlfs > 0) ends.add('CRLF');
  if (joined.includes('\r')) ends.add('CR');
  const lines = joined.split(/[\r\n]/);
  const crs = joined.includes('\r') ? joined.split('\r').length - 1 : 0;
  if (lines.length - 1 > crlfs + crs) ends.add('LF');
  return lines;
}

/**
 * Turns lines into rows. A row ends with its line, or with the line that closes an open quote.
 *
 * @throws CommandFailure if quotes are malformed, as what follows could belong to any row
 */
export async function* rowsOf(
  bunches: AsyncIterable<string[]>,
  { delimiter, quoting }: { readonly delimiter: string; readonly quoting: Quoting },
): AsyncGenerator<Row> {
  let row = 0;
  let open: { row: number; lines: string[]; length: number } | undefined;
  for await (const lines of bunches) {
    for (const line of lines) {
      row += 1;
      if (quoting === 'none' || (!open && !line.includes('"'))) {
        yield { row, cells: line.split(delimiter) };
        continue;
      }
      // A row is complete when it has an even number of quotes; else the line end is quoted.
      const isWhole = isOdd(line) === (open !== undefined);
      open ??= { row, lines: [], length: 0 };
      open.lines.push(line);
      open.length += line.length;
      if (open.length > ROW_CHARACTERS_MAX) throw unclosed(open.row);
      if (!isWhole) continue;
      yield quotedRow(open, delimiter);
      open = undefined;
    }
  }
  if (open) throw unclosed(open.row);
}

function isOdd(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

function quotedRow({ row, lines }: { row: number; lines: string[] }, delimiter: string): Row {
  const read = quotedCells(lines.join('\n'), delimiter);
  if (read.kind === 'malformed') {
    throw new CommandFailure(
      `The quotes of the file are not well-formed: row ${grouped(row)}, cell ${read.cell}, ${read.fault}.\n` +
        'If the file does not quote cells, use --quoting none.',
    );
  }
  return { row, cells: read.cells, ...(lines.length > 1 && { lines }) };
}

function unclosed(row: number): CommandFailure {
  return new CommandFailure(
    `The quotes of the file are not well-formed: one that row ${grouped(row)} opens is never closed,\n` +
      'or the file ends in the middle of that row. If the file does not quote cells, use --quoting none.',
  );
}

type QuotedCells =
  | { readonly kind: 'cells'; readonly cells: string[] }
  | { readonly kind: 'malformed'; readonly cell: number; readonly fault: string };

/** Splits a row with quotes into cells. Spaces around a quoted cell are ignored. */
export function quotedCells(text: string, delimiter: string): QuotedCells {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let begin = at;
    while (text[begin] === ' ') begin += 1;
    // Some exports write ="0012" so that a spreadsheet treats it as text.
    const open = text.startsWith('="', begin) ? begin + 1 : begin;
    let end: number;
    if (text[open] === '"') {
      const close = closingQuote(text, open);
      if (close === -1) return malformed(cells, 'a quote that is never closed');
      end = close + 1;
      while (text[end] === ' ') end += 1;
      if (end < text.length && text[end] !== delimiter) {
        return malformed(cells, 'text after a closing quote');
      }
      const inner = text.slice(open + 1, close).replaceAll('""', '"');
      cells.push(open === begin ? inner : `="${inner}"`);
    } else {
      end = text.indexOf(delimiter, at);
      if (end === -1) end = text.length;
      const cell = text.slice(at, end);
      if (cell.includes('"')) return malformed(cells, 'a quote in a cell that is not quoted');
      cells.push(cell);
    }
    if (end === text.length) return { kind: 'cells', cells };
    at = end + 1;
  }
}

function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  return close;
}

function malformed(cells: readonly string[], fault: string): QuotedCells {
  return { kind: 'malformed', cell: cells.length + 1, fault };
}
