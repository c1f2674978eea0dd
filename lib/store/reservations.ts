import type { Order } from '../orders/order.ts';
import type { Keys } from './keys.ts';
import { allowanceOf, type Reservation, reservationsIn } from './stock-record.ts';

/** Units of a SKU that a produced order took, and the epoch of the stock that they came from. */
export type Sold = readonly [sku: string, units: number, epoch: string];

/** Keys and arguments of a script that changes the stock of what an order has: two and three for each SKU. */
export interface StockArguments {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Of what an order has reserved. */
export function reservationsOf(
  keys: Keys,
  order: Pick<Order, 'client' | 'customer'>,
  record: string,
): StockArguments {
  return argumentsOf(keys, order, reservationsIn(record));
}

/** Of what a produced order has taken, as its state has it. */
export function soldOf(
  keys: Keys,
  order: Pick<Order, 'client' | 'customer'>,
  sold: readonly Sold[] = [],
): StockArguments {
  return argumentsOf(
    keys,
    order,
    sold.map(([sku, units, epoch]) => ({ sku, units, epoch, limitEpoch: '' })),
  );
}

function argumentsOf(
  keys: Keys,
  { client, customer }: Pick<Order, 'client' | 'customer'>,
  entries: readonly Reservation[],
): StockArguments {
  return {
    keys: entries.flatMap(({ sku }) => [
      keys.stock(sku),
      keys.allowance(allowanceOf(client, customer, sku)),
    ]),
    args: entries.flatMap(({ units, epoch, limitEpoch }) => [String(units), epoch, limitEpoch]),
  };
}

/** Stocks that one call of a script may change: a command within a script is limited. */
const STOCKS_MAX = 2_000;

/** All of them in one part, unless they take from very many stocks. */
export function partsOf<Item>(
  items: readonly Item[],
  soldBy: (item: Item) => readonly Sold[],
): Item[][] {
  const parts: Item[][] = [[]];
  let stocks = 0;
  for (const item of items) {
    const size = soldBy(item).length;
    stocks += size;
    if (stocks > STOCKS_MAX && size > 0) {
      parts.push([]);
      stocks = size;
    }
    parts.at(-1)?.push(item);
  }
  return parts;
}

/** Numbers stocks from 1 on, in the order in which orders took from them. */
export function numberedStocks() {
  const numbers = new Map<string, number>();
  const stocks: { readonly sku: string; readonly epoch: string }[] = [];
  const numberOf = ([sku, , epoch]: Sold) => {
    const name = `${epoch}:${sku}`;
    const number = numbers.get(name) ?? stocks.push({ sku, epoch });
    numbers.set(name, number);
    return number;
  };
  return {
    /** What an order took, as scripts read it: `<number of the stock>:<units>, ...` */
    textOf: (sold: readonly Sold[]) => sold.map((one) => `${numberOf(one)}:${one[1]}`).join(),
    all: (): readonly { readonly sku: string; readonly epoch: string }[] => stocks,
  };
}
