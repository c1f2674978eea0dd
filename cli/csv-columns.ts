import { usageFailure } from './failure.ts';

/** The names of the columns that make an order, as the file's header spells them. */
export interface Columns {
  readonly key: string;
  readonly customer: string;
  readonly sku: string;
  readonly description?: string | undefined;
  readonly quantity: string;
  readonly unitPrice: string;
}

/** Where the columns stand in one file. */
export interface Layout {
  /** How many cells each row has. */
  readonly width: number;
  /** A row's cell, empty if the row is too short or the column is not used. */
  readonly cell: (cells: readonly string[], column: keyof Columns) => string;
}

/**
 * Finds the columns in the header.
 *
 * @throws Failure that lists the columns there are, if one is missing or stands twice
 */
export function layoutOf(header: readonly string[], columns: Columns): Layout {
  const faults = new Set<string>();
  const positions = new Map<string, number>();
  for (const [column, name] of Object.entries(columns)) {
    if (name === undefined) continue;
    const position = header.indexOf(name);
    if (position === -1) faults.add(`The file has no column ${name}.`);
    else if (header.includes(name, position + 1)) faults.add(`The file has two columns ${name}.`);
    positions.set(column, position);
  }
  if (faults.size > 0) {
    throw usageFailure(`${[...faults].join('\n')}\nIts columns are: ${header.join(', ')}`);
  }
  const cell: Layout['cell'] = (cells, column) => cells[positions.get(column) ?? -1] ?? '';
  return { width: header.length, cell };
}
