import type { Currency } from '../money.ts';
import { codeOf } from './cells.ts';
import type { Line } from './charges.ts';
import { cellOf } from './columns.ts';
import type { OrderCells } from './order-cells.ts';
import type { SheetRow } from './sheet.ts';

const SKU_CHARACTERS_MAX = 64;

/** An order line with the row it came from. */
export interface SourcedLine extends Line {
  readonly row: SheetRow;
  /** The column name and cell behind each member, for messages. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Reads the lines of an order and records the faults. */
export function readLines(order: OrderCells, currency: Currency): SourcedLine[] {
  return order.rows
    .filter((row) => isLine(order, row))
    .flatMap((row) => {
      const line = readLine(order, row, currency);
      return line ? [line] : [];
    });
}

/** Exports have rows that are not lines: parts of a bundle, or charges of the order. */
function isLine(order: OrderCells, row: SheetRow): boolean {
  const { partRows, lineRows } = order.layout;
  if (cellOf(row.cells, partRows) !== '') return false;
  if (lineRows.length > 0 && cellOf(row.cells, lineRows) === '') return false;
  const roles = ['sku', 'description', 'quantity', 'unitPrice', 'lineTotal'] as const;
  return !order.rules.profile || roles.some((role) => order.cell(row, role) !== '');
}

function readLine(order: OrderCells, row: SheetRow, currency: Currency): SourcedLine | undefined {
  const sku = codeOf(order.cell(row, 'sku'));
  if (sku === '') order.reject(row.row, `${order.name('sku', row)} is empty`);
  const quantity = order.number(row, 'quantity');
  const priced = priceOf(order, row);
  const amount = order.number(row, priced, currency);
  if (quantity === undefined || amount === undefined) return undefined;
  const unitAmount = priced === 'lineTotal' ? divided(order, row, amount, quantity) : amount;
  if (unitAmount === undefined) return undefined;
  if (quantity < 1) order.reject(row.row, `${order.shown(row, 'quantity')} is less than 1`);
  if (unitAmount < 0) order.reject(row.row, `${order.shown(row, priced)} is negative`);
  if (priced === 'unitPrice') checkTotal(order, row, quantity * amount, currency);
  const description = order.cell(row, 'description');
  return {
    row,
    cells: {
      sku: order.shown(row, 'sku'),
      description: order.shown(row, 'description'),
      quantity: order.shown(row, 'quantity'),
      unitAmount: order.shown(row, priced),
    },
    sku: order.rules.profile ? [...sku].slice(0, SKU_CHARACTERS_MAX).join('') : sku,
    ...(description !== '' && { description }),
    quantity,
    unitAmount,
  };
}

/** Which column to take the price from. Exports that have both are exact in the total. */
function priceOf(order: OrderCells, row: SheetRow): 'unitPrice' | 'lineTotal' {
  const hasTotal = order.cell(row, 'lineTotal') !== '';
  const hasPrice = order.cell(row, 'unitPrice') !== '';
  if (hasPrice && !(hasTotal && order.rules.profile)) return 'unitPrice';
  return hasTotal || order.layout.positions.unitPrice.length === 0 ? 'lineTotal' : 'unitPrice';
}

/** The unit price, if the line total can be divided by the quantity. */
function divided(
  order: OrderCells,
  row: SheetRow,
  total: number,
  quantity: number,
): number | undefined {
  if (quantity !== 0 && total % quantity === 0) return total / quantity;
  const [shownTotal, shownQuantity] = [order.shown(row, 'lineTotal'), order.shown(row, 'quantity')];
  order.reject(row.row, `${shownTotal} cannot be divided by ${shownQuantity} exactly`);
  return undefined;
}

/** If options name both a unit price and a line total, they must agree. */
function checkTotal(order: OrderCells, row: SheetRow, product: number, currency: Currency): void {
  if (order.rules.profile || order.cell(row, 'lineTotal') === '') return;
  const total = order.number(row, 'lineTotal', currency);
  if (total === undefined || total === product) return;
  const cells = (['lineTotal', 'quantity', 'unitPrice'] as const).map((role) =>
    order.shown(row, role),
  );
  order.doubt(row.row, `${cells[0]} is not ${cells[1]} times ${cells[2]}`);
}
