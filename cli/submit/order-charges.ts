import { type Currency, formatMoney } from '../money.ts';
import { type ChargesReading, chargeLines, discountOf, readCharges, takenOff } from './charges.ts';
import { cellOf, type LaidOutCharge } from './columns.ts';
import type { OrderCells } from './order-cells.ts';
import type { SourcedLine } from './order-lines.ts';

/**
 * Adds shipping, fees and taxes as lines, takes the discount off the lines, and checks the result
 * against the order total, if the file has one.
 *
 * @returns the lines, and the discount that was taken off
 */
export function withCharges(
  order: OrderCells,
  goods: readonly SourcedLine[],
  currency: Currency,
): { readonly lines: readonly SourcedLine[]; readonly discount: number } {
  const row = goods[0]?.row;
  const charges = order.layout.charges.flatMap((charge) => {
    const amounts = amountsOf(order, charge, currency);
    return amounts ? [{ kind: charge.kind, amounts }] : [];
  });
  const total = totalOf(order, currency);
  if (!row || order.kept('')) return { lines: goods, discount: 0 };
  const sum = goods.reduce((all, { quantity, unitAmount }) => all + quantity * unitAmount, 0);
  const reading = readCharges(sum, charges, total, order.rules.tax);
  if (reading.kind !== 'settled') {
    order.doubt(row.row, openText(reading, order.name('orderTotal'), total ?? 0, currency));
    return { lines: goods, discount: 0 };
  }
  const extra = chargeLines(reading.charges).map((line) => ({ ...line, row, cells: {} }));
  const discount = discountOf(reading.charges);
  const all = extra.reduce((amount, line) => amount + line.unitAmount, sum);
  if (discount > all) {
    order.reject(
      row.row,
      `its discount, ${formatMoney(discount, currency.code)}, is more than it costs`,
    );
  }
  if (discount === 0 || discount > all) return { lines: [...goods, ...extra], discount };
  const fromGoods = Math.min(discount, sum);
  const lines = [...takenOff(goods, fromGoods), ...takenOff(extra, discount - fromGoods)].flat();
  return { lines, discount };
}

/** The possible amounts of a charge: that of the order, or the sum over its rows. */
function amountsOf(
  order: OrderCells,
  { kind, per: usual, positions }: LaidOutCharge,
  currency: Currency,
): readonly number[] | undefined {
  const name = order.layout.header[positions[0] ?? 0];
  const isDiscount = kind.endsWith('discount');
  const amounts = order.rows.flatMap((row) => {
    const position = positions.find((at) => cellOf(row.cells, [at]) !== '');
    const amount = position === undefined ? undefined : order.numberAt(row, position, currency);
    if (amount === undefined) return [];
    if (amount < 0 && !isDiscount) order.reject(row.row, `${name} is negative`);
    return [Math.abs(amount)];
  });
  const sum = amounts.reduce((all, amount) => all + amount, 0);
  const per = order.rules.chargesPer ?? usual;
  if (per === 'line' || amounts.length <= 1 || sum === 0) return [sum];
  const [first = 0] = amounts;
  if (amounts.every((amount) => amount === first)) return per === 'order' ? [first] : [first, sum];
  if (per === undefined) return [sum];
  order.doubt(
    order.row,
    `${name} differs between the rows of the order: use --charges-per line if each row has its own`,
  );
  return undefined;
}

function totalOf(order: OrderCells, currency: Currency): number | undefined {
  let first: { readonly amount: number; readonly row: number } | undefined;
  for (const row of order.rows) {
    const position = order.layout.positions.orderTotal.find((at) => cellOf(row.cells, [at]) !== '');
    const amount = position === undefined ? undefined : order.numberAt(row, position, currency);
    if (amount === undefined) continue;
    first ??= { amount, row: row.row };
    if (amount === first.amount) continue;
    order.doubt(
      row.row,
      `${order.shown(row, 'orderTotal')} differs from the total in row ${first.row}`,
    );
  }
  return first?.amount;
}

function openText(
  reading: Exclude<ChargesReading, { kind: 'settled' }>,
  column: string,
  total: number,
  { code }: Currency,
): string {
  if (reading.kind === 'other-total') {
    const made = formatMoney(reading.total, code);
    return `${column} is ${formatMoney(total, code)}, but the rows of the order add up to ${made}`;
  }
  return reading.question === 'tax'
    ? 'its tax may be included in the prices or not: use --tax added or --tax included'
    : 'a charge is repeated in several rows: use --charges-per order or --charges-per line';
}
