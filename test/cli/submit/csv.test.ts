import { expect, test } from 'vitest';
import { COLUMNS, type Flags, HEADER, lookInto, short, shortKept } from './reading.ts';

const POUNDS: Flags = { ...COLUMNS, currency: 'GBP' };

function read(rows: readonly string[], flags: Flags = {}, newline = '\n') {
  return lookInto([HEADER, ...rows, ''].join(newline), { ...POUNDS, ...flags });
}

test('a row becomes a line of an order whose number is its key and reference', async () => {
  const { orders, look } = await read(['536365,17850.0,85123A,WHITE HEART ,6,2.55']);
  expect(orders).toMatchObject([{ idempotencyKey: '536365', row: 2 }]);
  expect(orders[0]?.order).toEqual({
    customer: '17850.0',
    currency: 'GBP',
    reference: '536365',
    lines: [{ sku: '85123A', description: 'WHITE HEART', quantity: 6, unitAmount: 255 }],
  });
  expect(look).toMatchObject({ orders: 1, clear: 1, lines: 1, totals: new Map([['GBP', 1530n]]) });
});

test('rows that share a number are one order, also when others stand between them', async () => {
  const looked = await read(['1,a,x,,1,1', '2,b,y,,1,1', '1,a,z,,2,3', '__proto__,a,x,,1,1']);
  expect(short(looked)).toEqual([
    '1 a GBP: x 1 x 100, z 2 x 300',
    '2 b GBP: y 1 x 100',
    '__proto__ a GBP: x 1 x 100',
  ]);
});

test.each<[string, readonly string[], Flags, readonly string[], readonly (string | RegExp)[]]>([
  [
    'an order with a row that cannot be converted is rejected whole, with all of its faults',
    ['1,a,x,,1,0.001', '1,a,x,,1,1.00', '1,b,x,,1.5,9e1', '2,a,x,,1,1.00'],
    {},
    ['2 a GBP: x 1 x 100'],
    [
      "2 1 rejected: Price 0.001 is not a whole number of GBP's minor unit (2 decimal places); " +
        'row 4: Customer is b but a in row 2: an order has one customer; ' +
        'row 4: Qty 1.5 is not a whole number; row 4: Price 9e1 is not a number',
    ],
  ],
  [
    'what the API would refuse is rejected before anything is sent',
    ['1,a,x,,-6,1', `2,${'c'.repeat(65)},x,,1,1`, '3,a,x,,1,1'],
    {},
    ['3 a GBP: x 1 x 100'],
    [/^2 1 rejected: Qty -6 is less than 1/, /^3 2 rejected: Customer "?ccc.*: Must be/],
  ],
  [
    'an empty cell is called empty',
    ['1,,x,,1,1', '2,a,,,1,1', '3,a,x,,,1', '4,a,x,,1,'],
    {},
    [],
    [
      '2 1 rejected: Customer is empty',
      '3 2 rejected: SKU is empty',
      '4 3 rejected: Qty is empty',
      '5 4 rejected: Price is empty',
    ],
  ],
  [
    'a row of another width takes its order with it, unless what is too much is empty',
    ['1,a,x,,1', '1,a,y,,1,1', '2,a,x,,1,1,,', '3,a,x,,1,1,9'],
    {},
    ['2 a GBP: x 1 x 100'],
    [
      '2 1 rejected: 5 cells in a file of 6 columns',
      '5 3 rejected: 7 cells in a file of 6 columns',
    ],
  ],
  [
    'rows of delimiters and of spaces are no orders',
    ['1,a,x,,1,1', ',,,,,', ' , , ,\u00a0, , ', ''],
    {},
    ['1 a GBP: x 1 x 100'],
    [],
  ],
  [
    'a row without a number is doubtful with the order above, and alone where there is none',
    [',,y,,1,1', '1,a,x,,1,1', ',,y,,1,1', '2,a,x,,1,1'],
    {},
    ['2 a GBP: x 1 x 100'],
    [/^2 {2}doubtful: Order is empty and there is no order above/, /^4 1 doubtful: .*--carry-down/],
  ],
  [
    'with --carry-down it belongs to the order above',
    ['1,a,x,,1,1', ',,y,,1,1', ',a,z,,1,1', '2,a,x,,1,1', ',b,y,,1,1'],
    { carryDown: true },
    ['1 a GBP: x 1 x 100, y 1 x 100, z 1 x 100'],
    [/^6 2 rejected: Customer is b but a in row 5/],
  ],
  [
    'rows that repeat rows of their order, apart from them, are doubtful',
    ['1,a,x,,1,1', '1,a,x,,1,1', '2,b,x,,1,1', '1,a,x,,2,1', '3,c,x,,1,1', '2,b,x,,1,1'],
    {},
    ['3 c GBP: x 1 x 100'],
    [
      /^5 1 doubtful: x is also in row 2 .*--repeats drop/,
      /^7 2 doubtful: x is also in row 4 .*--repeats drop/,
    ],
  ],
  [
    'with --repeats drop a copy counts once, and a repeat that is not a copy stays doubtful',
    ['1,a,x,,1,1', '2,b,x,,1,1', '1,a,x,,2,1', '2,b,x,,1,1'],
    { repeats: 'drop' },
    ['2 b GBP: x 1 x 100'],
    [/^4 1 doubtful/],
  ],
  [
    'with --repeats keep each row counts',
    ['1,a,x,,1,1', '2,b,x,,1,1', '1,a,x,,2,1'],
    { repeats: 'keep' },
    ['1 a GBP: x 1 x 100, x 2 x 100', '2 b GBP: x 1 x 100'],
    [],
  ],
  [
    'what a spreadsheet made of an order number is never used as one',
    ['1.2E+11,a,x,,1,1', '03-Jan,a,x,,1,1', '#REF!,a,x,,1,1', '7.0,a,x,,1,1', 'MAR-0312,a,x,,1,1'],
    {},
    ['MAR-0312 a GBP: x 1 x 100'],
    [/shortened/, /a date/, /a formula/, /a data tool/],
  ],
  [
    'long numbers that all end in zeros have lost digits in a spreadsheet',
    ['1234567890123450,a,x,,1,1', '12345678901234500,a,x,,1,1', '1500,a,x,,1,1'],
    {},
    ['1500 a GBP: x 1 x 100'],
    [/^2 .*15 digits/, /^3 .*15 digits/],
  ],
  [
    'long numbers that do not all end so are as they are',
    ['1234567890123450,a,x,,1,1', '1234567890123451,a,x,,1,1'],
    {},
    ['1234567890123450 a GBP: x 1 x 100', '1234567890123451 a GBP: x 1 x 100'],
    [],
  ],
  [
    'stray spaces, and what keeps spreadsheets from changing text, are no part of cells',
    ['\u00a01 ,\u200ba, x\u00a0,,1, 5.00 ', '1,a,="007",,1,1', '"=""02""",a,x,,1,1'],
    {},
    ['1 a GBP: x 1 x 500, 007 1 x 100', '02 a GBP: x 1 x 100'],
    [],
  ],
  [
    'text that has lost characters is doubtful',
    ['1,M\ufffdller,x,,1,1', 'A\ufffd,a,x,,1,1'],
    {},
    [],
    [/^2 1 doubtful: Customer .*U\+FFFD/, /^3 .*U\+FFFD/],
  ],
  [
    'two exports that overlap at the row where they were joined are doubtful there',
    ['1,a,x,,1,1', '2,a,x,,1,1', HEADER, '2,a,x,,1,1', '3,a,x,,1,1'],
    {},
    ['1 a GBP: x 1 x 100', '3 a GBP: x 1 x 100'],
    [/^5 2 doubtful: x is also in row 3/],
  ],
  [
    'a row without a number does not belong to the order of another export above',
    ['1,a,x,,1,1', HEADER, ',,y,,1,1', '2,a,x,,1,1'],
    { carryDown: true },
    ['1 a GBP: x 1 x 100', '2 a GBP: x 1 x 100'],
    [/^4 {2}doubtful: .*no order above/],
  ],
  [
    'a code that a spreadsheet shortened is doubtful',
    ['1,a,4.00638E+12,,1,1', '2,a,4E12,,1,1'],
    {},
    ['2 a GBP: 4E12 1 x 100'],
    [/^2 1 doubtful: SKU 4\.00638E\+12 has lost digits/],
  ],
  [
    'the header again, as in joined files, is no order',
    ['1,a,x,,1,1', HEADER, '2,a,x,,1,1'],
    {},
    ['1 a GBP: x 1 x 100', '2 a GBP: x 1 x 100'],
    [],
  ],
  [
    'a price in another currency than the order is doubtful',
    ['1,a,x,,1,€5.00', '2,a,x,,1,£5.00', '3,a,x,,1,5.00 GBP', '4,a,x,,1,5 kg'],
    {},
    ['2 a GBP: x 1 x 500', '3 a GBP: x 1 x 500'],
    [
      /^2 1 doubtful: Price "€5\.00" is in €, but the order is in GBP/,
      /^5 4 rejected: .*not a number/,
    ],
  ],
])('%s', async (_name, rows, flags, orders, kept) => {
  const looked = await read(rows, flags);
  expect(short(looked)).toEqual(orders);
  const texts = shortKept(looked);
  expect(texts).toEqual(
    kept.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))),
  );
});

test('an order number that is not ASCII has a key from which it can be had back', async () => {
  const { orders } = await read(['Nº 1é,a,x,,1,1', '50%,a,x,,1,1']);
  const keys = orders.map(({ idempotencyKey }) => idempotencyKey);
  expect(keys).toEqual(['N%C2%BA 1%C3%A9', '50%25']);
  expect(keys.map(decodeURIComponent)).toEqual(orders.map(({ order }) => order.reference));
});
