import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, rowsOf } from '../../../cli/submit/rows.ts';
import { COLUMNS, type Flags, HEADER, lookInto, shortKept } from './reading.ts';

const POUNDS: Flags = { ...COLUMNS, currency: 'GBP' };

function read(rows: readonly string[], newline = '\n') {
  return lookInto([HEADER, ...rows, ''].join(newline), POUNDS);
}

test('an order of a million rows is rejected, and not held in memory', async () => {
  const looked = await read(Array.from({ length: 2_001 }, (_, at) => `1,a,x${at},,1,1`));
  expect(shortKept(looked)).toEqual([
    '2 1 rejected: it has 2,001 rows, and an order has at most 1,000 lines',
  ]);
});

test.each<[string, string, RegExp | undefined]>([
  [
    'fewer decimals than all others',
    '1,a,x,,1,1.50\n2,a,x,,1,2.5',
    /^3 2 doubtful: Price 2\.5 has fewer.*cut off/,
  ],
  ['as many decimals', '1,a,x,,1,1.50\n2,a,x,,1,2.50', undefined],
  ['fewer decimals, as others have', '1,a,x,,1,1.5\n2,a,x,,1,2.50\n3,a,x,,1,2.5', undefined],
  ['fewer decimals and a line end', '1,a,x,,1,1.50\n2,a,x,,1,2.5\n', undefined],
])(
  'a file that ends in a number with %s may be cut off there, or not',
  async (_name, rows, doubt) => {
    const kept = shortKept(await lookInto(`${HEADER}\n${rows}`, POUNDS));
    expect(kept).toEqual(doubt ? [expect.stringMatching(doubt)] : []);
  },
);

test.each(['\n', '\r\n', '\r'])(
  'rows are numbered as an editor does, past quoted line breaks and empty lines (%j)',
  async (newline) => {
    const rows = [`1,a,x,"two${newline}lines",1,1`, '', '2,a,x,"one ""line""",1,1', '3,a,x,,1,1'];
    const { orders } = await read(rows, newline);
    expect(orders.map(({ row }) => row)).toEqual([2, 5, 6]);
    expect(orders[0]?.order.lines).toMatchObject([{ description: 'two\nlines' }]);
  },
);

test('a pointer of the server leads to the row, the column and the cell', async () => {
  const { orders } = await read(['1,a,x,,1,1', '2,b,y,,1,1', '1,a,z,,2,3']);
  const locate = orders[0]?.locate;
  expect(locate?.('/lines/1/quantity')).toEqual({ row: 4, label: 'Qty 2' });
  expect(locate?.('/lines/1/unitAmount')).toEqual({ row: 4, label: 'Price 3' });
  expect(locate?.('/lines/0/sku')).toEqual({ row: 2, label: 'SKU x' });
  expect(locate?.('/lines/1')).toEqual({ row: 4, label: '/lines/1' });
  expect(locate?.('/customer')).toEqual({ row: 2, label: 'Customer a' });
  expect(locate?.('/reference')).toEqual({ row: 2, label: 'Order 1' });
  expect(locate?.('/idempotencyKey')).toEqual({ row: 2, label: 'Order 1' });
  expect(locate?.('/lines')).toEqual({ row: 2, label: '/lines' });
  expect(locate?.('/lines/99/quantity')).toEqual({ row: 2, label: '/lines/99/quantity' });
  expect(locate?.('/lines/0/toString')).toEqual({ row: 2, label: '/lines/0/toString' });
});

test('well-formed CSV has the cells that another parser reads, in pieces of any size', async () => {
  const cell = fc.stringMatching(/^[a-z ,;"\n\r]{0,6}$/);
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (all, size) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const text = all.map((cells) => cells.map(quoted).join(',')).join('\r\n');
      const pieces = async function* () {
        for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
      };
      const read: (readonly string[])[] = [];
      const dialect = { delimiter: ',', quoting: 'double' } as const;
      for await (const { cells } of rowsOf(linesOf(pieces()), dialect)) read.push(cells);
      const other: string[][] = parse(text, { relax_column_count: true });
      const unified = other.map((cells) => cells.map((one) => one.replace(/\r\n?/g, '\n')));
      expect(read).toEqual(unified);
    }),
  );
});
