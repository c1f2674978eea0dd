import { expect, test } from 'vitest';
import { COLUMNS, type Flags, HEADER, lookInto, short, shortKept } from './reading.ts';

const POUNDS: Flags = { ...COLUMNS, currency: 'GBP' };

test.each<[string, string, Flags, RegExp]>([
  ['an empty file', '\n\n', {}, /is empty: its first line must name/],
  [
    'a missing column',
    'Order,Customer,SKU,Title,Amount,Price\n',
    {},
    /no column Qty \(--quantity-column\)\.\nIts columns are: Order, Customer/,
  ],
  ['a column that is there twice', `${HEADER},Price\n`, {}, /2 columns Price/],
  [
    'columns that nobody named',
    `${HEADER}\n`,
    { keyColumn: 'Order' },
    /also needs --customer-column.*--unit-price-column \(or --line-total-column\)/,
  ],
  [
    'another header below',
    `${HEADER}\n1,a,x,,1,1\nOrder,SKU,Customer,Title,Qty,Price\n`,
    {},
    /Row 3 is a different header than row 1/,
  ],
  ['no currency', `${HEADER}\n`, COLUMNS, /also needs --currency \(or --currency-column\)/],
])('%s is told before any order is read', async (_name, text, flags, message) => {
  const all = 'keyColumn' in flags ? flags : POUNDS;
  await expect(lookInto(text, all)).rejects.toThrow(message);
});

test.each<[string, Flags, readonly string[], readonly RegExp[]]>([
  [
    'their column',
    { currencyColumn: 'Currency' },
    ['1 a USD: x 1 x 1000', '2 a JPY: x 1 x 1500', '3 a KWD: x 1 x 1250'],
    [/^5 4 rejected: Currency is empty/, /^6 5 rejected: Currency XYZ is not/],
  ],
  [
    'their column, and one for those that have none',
    { currencyColumn: 'Currency', currency: 'GBP' },
    ['1 a USD: x 1 x 1000', '2 a JPY: x 1 x 1500', '3 a KWD: x 1 x 1250', '4 a GBP: x 1 x 100'],
    [/XYZ/],
  ],
  [
    'one currency for all, which is doubtful where the file says otherwise',
    { currency: 'usd' },
    ['1 a USD: x 1 x 1000', '4 a USD: x 1 x 100'],
    [
      /^3 2 doubtful: Currency is JPY, but --currency is USD: use --currency-column Currency/,
      /kwd/,
      /XYZ/,
    ],
  ],
])('currencies are those of %s', async (_name, flags, orders, kept) => {
  const rows = [
    '1,a,x,,1,10.00,USD',
    '2,a,x,,1,1500,JPY',
    '3,a,x,,1,1.250,kwd',
    '4,a,x,,1,1,',
    '5,a,x,,1,1,XYZ',
  ];
  const looked = await lookInto([`${HEADER},Currency`, ...rows].join('\n'), {
    ...COLUMNS,
    ...flags,
  });
  expect(short(looked)).toEqual(orders);
  expect(shortKept(looked)).toEqual(kept.map((text) => expect.stringMatching(text)));
});

test.each<[string, string, string, RegExp]>([
  [
    'a column whose cells are all currencies',
    'Money',
    'EUR',
    /Money is EUR, but --currency is GBP/,
  ],
  ['a sign in a column of currencies', 'Currency', '€', /Currency is €, but --currency is GBP/],
  [
    'the name of a price',
    'Price (EUR)',
    '1.00',
    /Price \(EUR\) is in EUR, but the order is in GBP/,
  ],
])('%s must not contradict --currency', async (_name, column, cell, doubt) => {
  const flags = column.startsWith('Price') ? { ...POUNDS, unitPriceColumn: column } : POUNDS;
  const looked = await lookInto(`${HEADER},${column}\n1,a,x,,1,1,${cell}\n`, flags);
  expect(shortKept(looked)).toEqual([expect.stringMatching(doubt)]);
});
