import { validateItem } from '../../lib/orders/batch.ts';
import { LINES_MAX } from '../../lib/orders/rules.ts';
import { type Currency, findCurrency, formatMoney, grouped, isSign, isSignOf } from '../money.ts';
import {
  idempotencyKeyOf,
  isRoundedNumber,
  isShortened,
  shown,
  spreadsheetTrace,
} from './cells.ts';
import { cellOf, type Role } from './columns.ts';
import { OrderCells, type OrderRules } from './order-cells.ts';
import { withCharges } from './order-charges.ts';
import { readLines, type SourcedLine } from './order-lines.ts';
import { repeatsIn } from './repeats.ts';
import type { SheetOrder, SheetRow } from './sheet.ts';
import { type FilePosition, type Judged, locatedFaults } from './submission.ts';

/** An order with more rows cannot be valid. */
export const ROWS_MAX = 2 * LINES_MAX;
/** The customer of an exported order without one. */
const GUEST = 'guest';

/**
 * Builds an order from its rows.
 *
 * One bad row rejects the whole order, and one doubtful row makes the whole order doubtful: with a
 * line missing or doubled it would be accepted and be wrong.
 */
export function judgeOrder(sheetOrder: SheetOrder, rules: OrderRules): Judged {
  const order = new OrderCells(sheetOrder, rules);
  const key = idempotencyKeyOf(sheetOrder.number);
  checkRows(order);
  const early = order.kept(key);
  if (early) return early;
  const customer = order.sameInAll('customer') || (rules.profile ? GUEST : '');
  if (customer === '') order.reject(order.row, `${order.name('customer')} is empty`);
  const currency = currencyOf(order);
  const read = currency && readLines(order, currency);
  if (read?.length === 0 && !order.kept(key)) order.reject(order.row, 'none of its rows is a line');
  const { lines: goods, doubts } = repeatsIn(read ?? [], rules.repeats);
  for (const { row, text } of doubts) order.doubt(row, text);
  const kept = order.kept(key);
  if (kept) return kept;
  if (!currency) throw new Error('An order without a currency must be among the rejected.');
  return finished(order, key, customer, goods, currency);
}

function finished(
  order: OrderCells,
  idempotencyKey: string,
  customer: string,
  goods: readonly SourcedLine[],
  currency: Currency,
): Judged {
  const { lines, discount } = withCharges(order, goods, currency);
  const members = {
    customer,
    currency: currency.code,
    reference: order.order.number,
    lines: lines.map(({ sku, description, quantity, unitAmount }) => ({
      sku,
      ...(description !== undefined && { description }),
      quantity,
      unitAmount,
    })),
    ...(discount > 0 && {
      metadata: { discount: formatMoney(discount, currency.code).replace(/^\w+ /, '') },
    }),
  };
  if (lines.length > LINES_MAX) order.reject(order.row, tooManyText('lines', lines.length));
  const early = order.kept(idempotencyKey);
  if (early) return early;
  const locate = (pointer: string) => positionOf(pointer, order, lines);
  const parsed = validateItem({ idempotencyKey, ...members }, order.rules.nowMs);
  const faults = parsed.kind === 'invalid' ? locatedFaults({ locate }, parsed.faults) : [];
  for (const { row, text } of faults) order.reject(row, text);
  return (
    order.kept(idempotencyKey) ?? {
      kind: 'clear',
      submission: { id: order.order.id, idempotencyKey, order: members, row: order.row, locate },
    }
  );
}

function tooManyText(what: string, count: number): string {
  return `it has ${grouped(count)} ${what}, and an order has at most ${grouped(LINES_MAX)} lines`;
}

/** Checks the order number and each row as a whole. */
function checkRows(order: OrderCells): void {
  const { rowCount, number } = order.order;
  if (rowCount > ROWS_MAX) {
    order.reject(order.row, tooManyText('rows', rowCount));
    return;
  }
  const column = `${order.name('orderNumber')} ${shown(number)}`;
  const trace = spreadsheetTrace(number);
  const again = 'export the file again with that column as text';
  if (trace) order.reject(order.row, `${column} is not an order number but ${trace}: ${again}`);
  else if (order.rules.hasRoundedNumbers && isRoundedNumber(number) === 'rounded') {
    order.doubt(
      order.row,
      `${column} ends in zeros, like all long ones in the file, and a spreadsheet keeps only 15 ` +
        `digits: ${again}`,
    );
  }
  for (const row of order.rows) {
    if (row.doubt) order.doubt(row.row, row.doubt.text);
    checkWidth(order, row);
    checkText(order, row);
    checkUnwanted(order, row);
  }
}

function checkWidth(order: OrderCells, { row, cells }: SheetRow): void {
  const width = order.layout.header.length;
  const isPadded = cells.length > width && cells.slice(width).every((cell) => cell.trim() === '');
  if (cells.length === width || isPadded) return;
  const count = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
  order.reject(row, `${count} in a file of ${width} columns`);
}

/** Text with U+FFFD has lost characters; a code in scientific notation has lost digits. */
function checkText(order: OrderCells, row: SheetRow): void {
  for (const role of ['customer', 'sku', 'description'] as const) {
    const cell = order.cell(row, role);
    if (cell.includes('\ufffd')) {
      order.doubt(
        row.row,
        `${order.shown(row, role)} has lost characters (U+FFFD): export the file again`,
      );
    }
    if (role !== 'description' && isShortened(cell)) {
      order.doubt(
        row.row,
        `${order.shown(row, role)} has lost digits in a spreadsheet: export the file again`,
      );
    }
  }
}

/** Rejects orders that the export marks as canceled, refunded or the like. */
function checkUnwanted(order: OrderCells, { row, cells }: SheetRow): void {
  for (const { positions, when, because } of order.layout.unwanted) {
    for (const position of positions) {
      const cell = cellOf(cells, [position]);
      const isFilled = when === 'filled' && cell !== '';
      const isNotZero = when === 'not-zero' && /[1-9]/.test(cell);
      const isSo = isFilled || isNotZero || (when instanceof RegExp && when.test(cell));
      const column = order.layout.header[position];
      if (isSo) order.reject(row, `${column} is ${shown(cell)}: ${because}`);
    }
  }
}

function currencyOf(order: OrderCells): Currency | undefined {
  const cell = order.sameInAll('currency').toUpperCase();
  const currency = cell === '' ? order.rules.currency : findCurrency(cell);
  const name = order.name('currency');
  if (!currency) {
    const text =
      cell === ''
        ? `${name} is empty: use --currency for such orders`
        : `${name} ${shown(cell)} is not an ISO 4217 currency with a minor unit`;
    order.reject(order.row, text);
  } else checkOtherCurrencies(order, currency);
  return currency;
}

/** An unused currency column must not contradict `--currency`. */
function checkOtherCurrencies(order: OrderCells, { code }: Currency): void {
  checkPriceNames(order, code);
  for (const position of order.rules.currencyLike) {
    const name = order.layout.header[position];
    for (const { row, cells } of order.rows) {
      const other = cellOf(cells, [position]).replace(/\s/g, '');
      const isCurrency = /^[A-Za-z]{3}$/.test(other) || isSign(other);
      if (other === '' || isSignOf(other, code) || !isCurrency) continue;
      const advice = `use --currency-column ${shown(name ?? '')}`;
      order.doubt(row, `${name} is ${other}, but --currency is ${code}: ${advice}`);
    }
  }
}

const MEMBER_ROLES = new Map<string, Role>([
  ['customer', 'customer'],
  ['reference', 'orderNumber'],
  ['idempotencyKey', 'orderNumber'],
]);

/** A column name may contain a currency: "Price (EUR)", "Total €". */
function checkPriceNames(order: OrderCells, code: string): void {
  const { unitPrice, lineTotal, orderTotal } = order.layout.positions;
  for (const position of [unitPrice, lineTotal, orderTotal].flat()) {
    const name = order.layout.header[position] ?? '';
    const [, named = '', sign = ''] = /[([]([A-Za-z]{3})[)\]]|([€£¥$])/.exec(name) ?? [];
    const other = named || sign;
    if (other === '' || isSignOf(other, code) || !isSign(other)) continue;
    order.doubt(order.row, `${name} is in ${other}, but the order is in ${code}`);
  }
}

/** Turns `/lines/2/quantity` into the row of the third line and its column and cell. */
function positionOf(
  pointer: string,
  order: OrderCells,
  lines: readonly SourcedLine[],
): FilePosition {
  const [, index, lineMember = '', member = ''] =
    /^\/(?:lines\/(\d+)(?:\/(\w+))?|(\w+))$/.exec(pointer) ?? [];
  const line = index === undefined ? undefined : lines[Number(index)];
  if (line) {
    const label = Object.hasOwn(line.cells, lineMember) ? line.cells[lineMember] : undefined;
    return { row: line.row.row, label: label ?? pointer };
  }
  const role = MEMBER_ROLES.get(member);
  const row = role && order.rows.find((one) => order.cell(one, role) !== '');
  return { row: order.row, label: row ? order.shown(row, role) : pointer };
}
