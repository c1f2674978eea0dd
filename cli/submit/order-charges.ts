import { type Currency, formatMoney } from '../money.ts';
import { chargeLines, discountOf, type Settlement, settle, takenOff } from './charges.ts';
import { cellOf, type LaidOutCharge } from './columns.ts';
import type { OrderCells } from './order-cells.ts';
import type { SourcedLine } from './order-lines.ts';

/**
 * Adds an order's shipping, fees and taxes to its lines, takes its discount off them, and compares
 * what comes out with the order's total, where the file has one.
 *
 * @returns the lines, and the discount that is taken off
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
  const settlement = settle(sum, charges, total, order.rules.tax);
  if (settlement.kind !== 'settled') {
    order.doubt(row.row, openText(settlement, order.name('orderTotal'), total ?? 0, currency));
    return { lines: goods, discount: 0 };
  }
  const extra = chargeLines(settlement.charges).map((line) => ({ ...line, row, cells: {} }));
  const discount = discountOf(settlement.charges);
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

/** What the cells of a charge may come to: of the order, or of its rows together. */
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
    `${name} differs between the rows of the order: say --charges-per line if each row has its own`,
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
      `${order.shown(row, 'orderTotal')} is another total than in row ${first.row}`,
    );
  }
  return first?.amount;
}

function openText(
  settlement: Exclude<Settlement, { kind: 'settled' }>,
  column: string,
  total: number,
  { code }: Currency,
): string {
  if (settlement.kind === 'other-total') {
    const made = formatMoney(settlement.total, code);
    return `${column} is ${formatMoney(total, code)}, and the rows of the order make ${made}`;
  }
  return settlement.question === 'tax'
    ? 'its tax may be part of the prices or not: say --tax added or included'
    : 'a charge stands in several of its rows, for the order or for each: say --charges-per order or line';
}
