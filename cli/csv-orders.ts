import { type Columns, type Layout, layoutOf } from './csv-columns.ts';
import { type CsvRow, readCsvRows } from './csv-rows.ts';
import { usageFailure } from './failure.ts';
import { type Conversion, type Currency, toMinorUnits } from './money.ts';
import {
  type Fault,
  type OrdersFile,
  type Place,
  type Reject,
  rejectOf,
  type Submission,
} from './submission.ts';

export interface CsvOptions {
  readonly columns: Columns;
  readonly currency: Currency;
  readonly delimiter: string;
}

/** The rows of one order, wherever in the file they stand. */
interface Group {
  readonly row: number;
  customer?: { readonly name: string; readonly row: number };
  readonly lines: Line[];
  readonly faults: Fault[];
}

/** One order line as the API takes it, and the row and cells that it came from. */
interface Line {
  readonly row: number;
  readonly cells: ReadonlyMap<string, string>;
  readonly line: {
    readonly sku: string;
    readonly description?: string;
    readonly quantity: number;
    readonly unitAmount: number;
  };
}

/**
 * Reads CSV: one order line a row; rows that share the key column are one order, also when others
 * stand between them, and their key is its idempotency key and reference.
 *
 * Only what can't be converted is rejected here, and then the whole order: with a line missing it
 * would be accepted and be wrong. The rest is left to the server to judge.
 *
 * @throws Failure if the file is no CSV, is empty, or lacks one of the columns
 */
export async function readCsvOrders(
  text: AsyncIterable<string>,
  options: CsvOptions,
): Promise<OrdersFile> {
  const groups = new Map<string, Group>();
  const rejects: Reject[] = [];
  let layout: Layout | undefined;
  for await (const csvRow of readCsvRows(text, options.delimiter)) {
    if (!layout) {
      layout = layoutOf(csvRow.cells, options.columns);
      continue;
    }
    const { row, cells } = csvRow;
    const key = layout.cell(cells, 'key');
    if (key === '') {
      rejects.push(rejectOf('', [{ row, text: `no ${options.columns.key} in this row` }]));
      continue;
    }
    const group = groups.get(key) ?? { row, lines: [], faults: [] };
    groups.set(key, group);
    addRow(group, csvRow, layout, options);
  }
  if (!layout) throw usageFailure('The file is empty: its first line must name the columns.');
  const submissions: Submission[] = [];
  for (const [key, group] of groups) {
    const [first, ...others] = group.faults;
    if (first) rejects.push(rejectOf(key, [first, ...others]));
    else submissions.push(submissionOf(key, group, options));
  }
  return { submissions, rejects };
}

function addRow(group: Group, { row, cells }: CsvRow, layout: Layout, options: CsvOptions): void {
  const addFault = (text: string) => group.faults.push({ row, text });
  if (cells.length !== layout.width) {
    addFault(`${cells.length} cells in a file of ${layout.width} columns`);
    return;
  }
  const name = layout.cell(cells, 'customer');
  group.customer ??= { name, row };
  if (name !== group.customer.name) {
    const first = `${shown(group.customer.name)} in row ${group.customer.row}`;
    addFault(
      `${options.columns.customer} is ${shown(name)} but ${first}: an order has one customer`,
    );
  }
  const quantityCell = layout.cell(cells, 'quantity');
  const quantity = toMinorUnits(quantityCell, 0);
  if (quantity.kind !== 'exact') {
    addFault(`quantity ${shown(quantityCell)} is ${faultOf(quantity, 'no whole number')}`);
  }
  const priceCell = layout.cell(cells, 'unitPrice');
  const { code, digits } = options.currency;
  const unitPrice = toMinorUnits(priceCell, digits);
  if (unitPrice.kind !== 'exact') {
    const inexact = `no whole number of ${code}'s minor unit (${digits} decimal places)`;
    addFault(`unit price ${shown(priceCell)} is ${faultOf(unitPrice, inexact)}`);
  }
  if (quantity.kind !== 'exact' || unitPrice.kind !== 'exact') return;
  const description = layout.cell(cells, 'description');
  group.lines.push({
    row,
    cells: new Map([
      ['quantity', quantityCell],
      ['unitAmount', priceCell],
    ]),
    line: {
      sku: layout.cell(cells, 'sku'),
      ...(description === '' ? {} : { description }),
      quantity: quantity.amount,
      unitAmount: unitPrice.amount,
    },
  });
}

function faultOf(conversion: Exclude<Conversion, { kind: 'exact' }>, inexact: string): string {
  if (conversion.kind === 'inexact') return inexact;
  if (conversion.kind === 'too-large') return 'too large';
  return 'no decimal number (such as 12 or -0.5, without separators)';
}

/** A cell within a sentence: quoted when it would be read wrongly without. */
function shown(cell: string): string {
  return /^[\w.,+-]+$/.test(cell) ? cell : JSON.stringify(cell);
}

function submissionOf(key: string, group: Group, { columns, currency }: CsvOptions): Submission {
  return {
    idempotencyKey: key,
    row: group.row,
    order: {
      customer: group.customer?.name ?? '',
      currency: currency.code,
      reference: key,
      lines: group.lines.map(({ line }) => line),
    },
    locate: (pointer) => locate(pointer, group, columns),
  };
}

/** Turns `/lines/2/quantity` into the row of the third line and its column and cell. */
function locate(pointer: string, group: Group, columns: Columns): Place {
  const names = new Map([
    ['idempotencyKey', columns.key],
    ['customer', columns.customer],
    ['reference', columns.key],
    ['sku', columns.sku],
    ['description', columns.description],
    ['quantity', columns.quantity],
    ['unitAmount', columns.unitPrice],
  ]);
  const [, index, lineMember, member] =
    /^\/(?:lines\/(\d+)(?:\/(\w+))?|(\w+))$/.exec(pointer) ?? [];
  const line = index === undefined ? undefined : group.lines[Number(index)];
  const named = lineMember ?? member ?? '';
  const label = names.get(named) ?? pointer;
  const cell = line?.cells.get(named);
  return { row: line?.row ?? group.row, label: cell ? `${label} ${shown(cell)}` : label };
}
