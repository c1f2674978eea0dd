import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../../support/source-files.ts';
import { COLUMNS, type Flags, lookIntoFile, short, shortKept } from './reading.ts';

const DATA = `${ROOT}/../shared/data`;
const isAbsent = !existsSync(DATA);
const note = isAbsent ? ' (skipped: no ../shared/data here)' : '';

test.skipIf(isAbsent)(`a real shop's invoices are converted, every row${note}`, async () => {
  const columns = {
    keyColumn: 'InvoiceNo',
    customerColumn: 'CustomerID',
    skuColumn: 'StockCode',
    descriptionColumn: 'Description',
    quantityColumn: 'Quantity',
    unitPriceColumn: 'UnitPrice',
  };
  const looked = await lookIntoFile(`${DATA}/online-retail-sample.csv`, {
    ...columns,
    currency: 'GBP',
  });
  expect(looked.look).toMatchObject({
    orders: 2093,
    clear: 1586,
    lines: 4271,
    doubtful: 0,
    rejected: 507,
  });
  expect(looked.look.totals).toEqual(new Map([['GBP', 37_427_439n]]));
  const kept = shortKept(looked);
  expect(kept.filter((text) => / rejected: Quantity -/.test(text))).toHaveLength(506);
  expect(kept.filter((text) => / rejected: UnitPrice 0\.001/.test(text))).toEqual([
    expect.stringMatching(/^3381 550193/),
  ]);
});

const GBP: Flags = { ...COLUMNS, currency: 'GBP' };
const LOWER: Flags = {
  keyColumn: 'order',
  customerColumn: 'buyer',
  skuColumn: 'sku',
  descriptionColumn: 'title',
  quantityColumn: 'qty',
  unitPriceColumn: 'price',
  currency: 'GBP',
};
const TOTALS: Flags = {
  keyColumn: 'Order',
  customerColumn: 'Customer',
  skuColumn: 'SKU',
  quantityColumn: 'Qty',
  lineTotalColumn: 'Line total',
  orderTotalColumn: 'Order total',
  currency: 'GBP',
};

test.skipIf(isAbsent).each<[string, Flags, readonly string[], readonly RegExp[]]>([
  [
    'unquoted-tabs.tsv',
    LOWER,
    ['A-1 a GBP: S 1 x 900', 'A-2 b GBP: T 1 x 500', 'A-3 c GBP: U 1 x 12000'],
    [],
  ],
  ['unclosed-quote.csv', GBP, [], [/^2 A-1 doubtful/, /^3 A-2 doubtful/]],
  ['number-on-first-row.csv', GBP, ['F-2 Bo GBP: CUP 1 x 300'], [/^3 F-1 doubtful/]],
  [
    'number-on-first-row.csv',
    { ...GBP, carryDown: true },
    ['F-1 Ada GBP: TEA 1 x 500, MUG 2 x 750', 'F-2 Bo GBP: CUP 1 x 300'],
    [],
  ],
  [
    'cut-in-an-order.csv',
    GBP,
    ['G-2 Bo GBP: CUP 1 x 300'],
    [/^2 {2}doubtful: .*continues an order whose/],
  ],
  ['joined-exports.csv', GBP, ['D-1 Ada GBP: TEA 1 x 500'], [/^4 D-2 doubtful/]],
  ['two-equal-lines.csv', GBP, ['E-1 Bob GBP: TEA 1 x 500, TEA 1 x 500'], []],
  [
    'german.csv',
    GBP,
    ['A-1 Jo GBP: SOFA 1 x 120000', 'A-2 Jo GBP: NAIL 1000 x 200', 'A-3 Jo GBP: TEA 1 x 1990'],
    [],
  ],
  ['four-decimals.csv', GBP, ['M-1 Jo GBP: TEA 1 x 1999'], []],
  [
    'currencies.csv',
    { ...COLUMNS, currencyColumn: 'Currency' },
    [
      'D-1 a USD: TEA 1 x 1000',
      'D-2 b JPY: TEA 1 x 1500',
      'D-3 c EUR: TEA 1 x 900',
      'D-4 d KWD: TEA 1 x 1250',
    ],
    [],
  ],
  [
    'currencies.csv',
    { ...COLUMNS, currency: 'USD' },
    ['D-1 a USD: TEA 1 x 1000'],
    [/^3 D-2 doubtful/, /^4 D-3/, /^5 D-4/],
  ],
  [
    'line-totals.csv',
    TOTALS,
    ['L-1 a GBP: TEA 2 x 1000'],
    [/^3 L-2 rejected: Line total 10\.00 cannot be divided by Qty 3 exactly$/],
  ],
  ['empty-rows.csv', GBP, ['P-1 a GBP: TEA 1 x 500'], []],
  [
    'signs-and-spaces.csv',
    { ...COLUMNS, currency: 'USD' },
    [
      'S-1 a USD: TEA 1 x 500',
      'S-2 b USD: TEA 1 x 500',
      'S-3 c USD: TEA 1 x 123450',
      'S-4 d USD: TEA 1 x 500',
    ],
    [],
  ],
  ['float-artefacts.csv', GBP, [], [/^2 X-1 rejected/, /^3 X-2 rejected/, /^4 X-3 rejected/]],
  [
    'float-artefacts.csv',
    { ...GBP, roundFloats: true },
    ['X-1 a GBP: TEA 1 x 2220', 'X-2 b GBP: TEA 1 x 7005'],
    [/^4 X-3 rejected/],
  ],
  ['utf16.csv', GBP, ['U-1 a GBP: TEA 1 x 500'], []],
  [
    'shopify-like.csv',
    {},
    [
      '#1001 ada@example.com EUR: TEA 1 x 1187, MUG 1 x 713, SHIPPING 1 x 500',
      '#1002 Guest G EUR: Gift wrap 1 x 900',
    ],
    [],
  ],
])(`%s is understood, as case %$${note}`, async (file, flags, orders, kept) => {
  const looked = await lookIntoFile(`${DATA}/files/${file}`, flags);
  expect(short(looked)).toEqual(orders);
  expect(shortKept(looked)).toEqual(kept.map((text) => expect.stringMatching(text)));
});
