import { trimmed } from './cells.ts';
import type { Layout } from './columns.ts';
import { isNumberLike } from './numbers.ts';
import type { Row } from './rows.ts';

/**
 * A quote that was never meant to open a cell takes the next rows into its cell, unnoticed if
 * another such quote follows: then the lines of the row each look like a row.
 *
 * @returns the lines as rows of their own, or `undefined` for a row that is one
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

/** Whether a line has numbers where the columns of numbers are. */
function looksLikeRow(line: string, delimiter: string, { header, positions }: Layout): boolean {
  const cells = line.replaceAll('"', '').split(delimiter);
  const columns = [positions.quantity, [...positions.unitPrice, ...positions.lineTotal]];
  const hasNumbers = (shift: number) =>
    columns.every((places) =>
      places.some((place) => isNumberLike(trimmed(cells[place + shift] ?? ''))),
    );
  // A cell of the row may hold the delimiter, in front of the numbers or behind them.
  const extra = cells.length - header.length;
  return extra >= 0 && (hasNumbers(0) || hasNumbers(extra));
}
