import { trimmed } from './cells.ts';
import type { Layout } from './columns.ts';
import { isNumberLike } from './numbers.ts';
import type { Row } from './rows.ts';

/**
 * Detects rows swallowed by a quoted cell. A stray quote at the start of a cell swallows the rows up
 * to the next stray quote, and what comes out is a valid row. But then several of its lines look
 * like rows themselves.
 *
 * @returns the lines as separate rows, or `undefined` if nothing was swallowed
 */
export function swallowedRows(
  { row, lines = [] }: Row,
  delimiter: string,
  layout: Layout,
): Row[] | undefined {
  if (lines.length < 2) return undefined;
  const alike = lines.filter((line) => looksLikeRow(line, delimiter, layout));
  if (alike.length < 2) return undefined;
  return lines.map((line, at) => ({ row: row + at, cells: line.split(delimiter) }));
}

/** Whether a line has numbers in the number columns. */
function looksLikeRow(line: string, delimiter: string, { header, positions }: Layout): boolean {
  const cells = line.replaceAll('"', '').split(delimiter);
  const columns = [positions.quantity, [...positions.unitPrice, ...positions.lineTotal]];
  const hasNumbers = (shift: number) =>
    columns.every((places) =>
      places.some((place) => isNumberLike(trimmed(cells[place + shift] ?? ''))),
    );
  // A cell may contain the delimiter, before or after the numbers.
  const extra = cells.length - header.length;
  return extra >= 0 && (hasNumbers(0) || hasNumbers(extra));
}
