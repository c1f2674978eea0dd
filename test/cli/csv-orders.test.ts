import { expect, test } from 'vitest';
import { type CsvOptions, readCsvOrders } from '../../cli/csv-orders.ts';
import { findCurrency } from '../../cli/money.ts';
import type { OrdersFile } from '../../cli/submission.ts';

const columns = {
  key: 'Invoice',
  customer: 'Customer',
  sku: 'Sku',
  description: 'Text',
  quantity: 'Quantity',
  unitPrice: 'Price',
};
const HEADER = 'Invoice,Customer,Sku,Text,Quantity,Price';

function optionsFor(code: string): CsvOptions {
  const currency = findCurrency(code);
  if (!currency) throw new Error(`no currency ${code}`);
  return { columns, currency, delimiter: ',' };
}

async function* pieces(text: string, size = text.length): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

function read(
  rows: readonly string[],
  options = optionsFor('GBP'),
  newline = '\n',
): Promise<OrdersFile> {
  return readCsvOrders(pieces([HEADER, ...rows].join(newline)), options);
}

test('a row becomes a line of an order whose key is its idempotency key and reference', async () => {
  const { submissions, rejects } = await read(['536365,17850.0,85123A,WHITE HEART ,6,2.55']);
  expect(rejects).toEqual([]);
  expect(submissions).toMatchObject([{ idempotencyKey: '536365', row: 2 }]);
  expect(submissions[0]?.order).toEqual({
    customer: '17850.0',
    currency: 'GBP',
    reference: '536365',
    lines: [{ sku: '85123A', description: 'WHITE HEART ', quantity: 6, unitAmount: 255 }],
  });
});

test('rows that share a key are one order, also when others stand between them', async () => {
  const { submissions } = await read(['1,a,x,,1,1', '2,b,y,,1,1', '1,a,z,,2,3']);
  expect(submissions.map(({ idempotencyKey, row }) => [idempotencyKey, row])).toEqual([
    ['1', 2],
    ['2', 3],
  ]);
  expect(submissions[0]?.order.lines).toEqual([
    { sku: 'x', quantity: 1, unitAmount: 100 },
    { sku: 'z', quantity: 2, unitAmount: 300 },
  ]);
});

test('keys that are names of object members are keys like any other', async () => {
  const { submissions } = await read(['__proto__,a,x,,1,1', 'constructor,a,x,,1,1']);
  expect(submissions.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
    '__proto__',
    'constructor',
  ]);
});

test('a quantity below 1 and a price below 0 are passed on: the server is the judge', async () => {
  const { submissions } = await read(['1,,x,,-6,-1.5']);
  expect(submissions[0]?.order).toMatchObject({
    customer: '',
    lines: [{ quantity: -6, unitAmount: -150 }],
  });
});

test('a price is converted by the digits of its currency', async () => {
  const yen = await read(['1,a,x,,1,1500'], optionsFor('JPY'));
  const dinars = await read(['1,a,x,,1,1.5'], optionsFor('IQD'));
  expect(yen.submissions[0]?.order.lines).toMatchObject([{ unitAmount: 1500 }]);
  expect(dinars.submissions[0]?.order.lines).toMatchObject([{ unitAmount: 1500 }]);
});

test('an order that cannot be converted is rejected whole, with all of its faults and their rows', async () => {
  const { submissions, rejects } = await read([
    '1,a,x,,1,0.001',
    '1,a,x,,1,1.00',
    '1,b,x,,1.5,"1,00"',
    '2,a,x,,1,1.00',
  ]);
  expect(submissions.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['2']);
  expect(rejects).toEqual([
    {
      row: 2,
      key: '1',
      reason:
        "unit price 0.001 is no whole number of GBP's minor unit (2 decimal places); " +
        'row 4: Customer is b but a in row 2: an order has one customer; ' +
        'row 4: quantity 1.5 is no whole number; ' +
        'row 4: unit price 1,00 is no decimal number (such as 12 or -0.5, without separators)',
    },
  ]);
});

test('a row without a key, or of another width, is rejected at its row', async () => {
  const { submissions, rejects } = await read([
    ',a,x,,1,1',
    '1,a,x,,1',
    '2,a,x,,1,1,',
    '3,a,x,,1,1',
  ]);
  expect(submissions.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['3']);
  expect(rejects).toEqual([
    { row: 2, key: '', reason: 'no Invoice in this row' },
    { row: 3, key: '1', reason: '5 cells in a file of 6 columns' },
    { row: 4, key: '2', reason: '7 cells in a file of 6 columns' },
  ]);
});

test('a row of the wrong width takes its whole order with it, and blames no other row', async () => {
  const { submissions, rejects } = await read(['1,x', '1,a,x,,1,1', '1,a,y,,1,1']);
  expect(submissions).toEqual([]);
  expect(rejects).toEqual([{ row: 2, key: '1', reason: '2 cells in a file of 6 columns' }]);
});

test.each(['\n', '\r\n', '\r'])(
  'rows are numbered as an editor does, past quoted line breaks and empty lines (%j)',
  async (newline) => {
    const rows = [`1,a,x,"two${newline}lines",0,1`, '', '2,a,x,"one ""line""",0,1', '3,a,x,,0,1'];
    const { submissions } = await read(rows, optionsFor('GBP'), newline);
    expect(submissions.map(({ row }) => row)).toEqual([2, 5, 6]);
  },
);

test('a file is read the same in pieces of any size', async () => {
  const text = `${HEADER}\r\n1,a,x,"é\r\n",1,1\r\n\r\n2,b,"y",,2,2\r\n`;
  const whole = await readCsvOrders(pieces(text), optionsFor('GBP'));
  const bitten = await readCsvOrders(pieces(text, 1), optionsFor('GBP'));
  expect(bitten.submissions.map(({ order, row }) => ({ order, row }))).toEqual(
    whole.submissions.map(({ order, row }) => ({ order, row })),
  );
  expect(whole.submissions.map(({ row }) => row)).toEqual([2, 5]);
});

test('a pointer of the server leads to the row, the column and the cell', async () => {
  const { submissions } = await read(['1,a,x,,1,1', '2,b,y,,1,1', '1,a,z,,-2,3']);
  const locate = submissions[0]?.locate;
  expect(locate?.('/lines/1/quantity')).toEqual({ row: 4, label: 'Quantity -2' });
  expect(locate?.('/lines/1/unitAmount')).toEqual({ row: 4, label: 'Price 3' });
  expect(locate?.('/lines/0/sku')).toEqual({ row: 2, label: 'Sku' });
  expect(locate?.('/lines/1')).toEqual({ row: 4, label: '/lines/1' });
  expect(locate?.('/customer')).toEqual({ row: 2, label: 'Customer' });
  expect(locate?.('/reference')).toEqual({ row: 2, label: 'Invoice' });
  expect(locate?.('/idempotencyKey')).toEqual({ row: 2, label: 'Invoice' });
  expect(locate?.('/lines')).toEqual({ row: 2, label: '/lines' });
  expect(locate?.('/lines/99/quantity')).toEqual({ row: 2, label: 'Quantity' });
  expect(locate?.('/lines/0/toString')).toEqual({ row: 2, label: '/lines/0/toString' });
});

test('a column that is missing or stands twice is told with the columns there are', async () => {
  const text = 'Invoice,Customer,Customer,Sku,Text,Qty,Price\n';
  await expect(readCsvOrders(pieces(text), optionsFor('GBP'))).rejects.toThrow(
    'The file has two columns Customer.\nThe file has no column Quantity.\n' +
      'Its columns are: Invoice, Customer, Customer, Sku, Text, Qty, Price',
  );
});

test('a file with a header alone has no orders, and one without is told so', async () => {
  expect(await read([])).toEqual({ submissions: [], rejects: [] });
  await expect(readCsvOrders(pieces(''), optionsFor('GBP'))).rejects.toThrow('The file is empty');
});

test('a file whose quotes do not match is refused before anything is submitted', async () => {
  await expect(read(['1,a,"x,,1,1', '2,a,x,,1,1'])).rejects.toThrow('no well-formed CSV');
});

test('a fault in reading the file comes through as it is', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield `${HEADER}\n1,a,x,,1,1\n`;
    throw new Error('the disk is gone');
  }
  await expect(readCsvOrders(broken(), optionsFor('GBP'))).rejects.toThrow('the disk is gone');
});
