import { expect, test } from 'vitest';
import { COLUMNS, type Flags, HEADER, lookInto, short, shortKept } from './reading.ts';

const FLAGS: Flags = { ...COLUMNS, currency: 'GBP' };
const TABS = HEADER.replaceAll(',', '\t');

test.each<[string, string, Flags, object, readonly string[]]>([
  [
    'a tab-separated report that quotes nothing',
    `${TABS}\nA\ta\tS\t"Big\t1\t9.00\nB\tb\tT\tX"\t1\t5.00\n`,
    {},
    { delimiter: '\t', quoting: 'none' },
    ['A a GBP: S 1 x 900', 'B b GBP: T 1 x 500'],
  ],
  [
    'tabs with cells that are quoted',
    `${TABS}\nA\ta\tS\t"two\nlines"\t1\t9.00\nB\tb\tT\t"say ""x"""\t1\t5.00\n`,
    {},
    { quoting: 'double' },
    ['A a GBP: S 1 x 900', 'B b GBP: T 1 x 500'],
  ],
  [
    'pipes',
    `${HEADER.replaceAll(',', '|')}\nA|a|S|5" nail|1|9.00\n`,
    {},
    { delimiter: '|', quoting: 'none' },
    ['A a GBP: S 1 x 900'],
  ],
  [
    'commas with inches',
    `${HEADER}\nA,a,S,24" screen,1,9.00\n`,
    {},
    { quoting: 'none' },
    ['A a GBP: S 1 x 900'],
  ],
  [
    'a sep= line',
    `sep=;\r\n${HEADER.replaceAll(',', ';')}\r\nA;a;S;x,y,z;1;9,00\r\n`,
    {},
    { delimiter: ';', lineEnds: 'CRLF' },
    ['A a GBP: S 1 x 900'],
  ],
  [
    'your own delimiter',
    `${HEADER.replaceAll(',', '^')}\nA^a^S^x^1^9.00\n`,
    { delimiter: '^' },
    { delimiter: '^' },
    ['A a GBP: S 1 x 900'],
  ],
  ['CR', `${HEADER}\rA,a,S,x,1,9.00\r`, {}, { lineEnds: 'CR' }, ['A a GBP: S 1 x 900']],
  [
    'stray spaces and case in the header, and rows above it',
    `,,,,,\n\n ORDER ,customer,sku\u00a0,Title,Qty,Price\nA,a,S,x,1,9.00\n`,
    {},
    {},
    ['A a GBP: S 1 x 900'],
  ],
  [
    'spaces around quoted cells',
    `${HEADER}\nA, "a, b" ,S,x,1, "9.00"\n`,
    {},
    {},
    ['A a, b GBP: S 1 x 900'],
  ],
])('%s is recognized', async (_name, text, flags, dialect, orders) => {
  const looked = await lookInto(text, { ...FLAGS, ...flags });
  expect(looked.understood.csv?.dialect).toMatchObject(dialect);
  expect(short(looked)).toEqual(orders);
});

test.each<[string, string]>([
  ['the next row', 'A,a,S,"Big,1,9.00\nB,b,T,X",1,5.00'],
  ['several rows', 'A,a,S,"Big,1,9.00\nB,b,T,X,1,5.00\nC,c,U,Y",1,5.00'],
  ['a row with the delimiter in it', 'A,a,S,"Big, red,1,9.00\nB,b,T,X, blue",1,5.00'],
  ['rows to their ends', 'A,a,S,"Big,1,9.00\nB,b,T,X,1,5.00"'],
])(
  'a quote that was never meant to open a cell, and takes in %s, makes a doubt',
  async (_name, rows) => {
    const looked = await lookInto(`${HEADER}\n${rows}\nZ,z,S,x,1,1.00\n`, FLAGS);
    expect(shortKept(looked)).toHaveLength(rows.split('\n').length);
    expect(shortKept(looked)[0]).toMatch(/^2 A doubtful:.*each look like a row.*--quoting none/);
    expect(short(looked)).toEqual(['Z z GBP: S 1 x 100']);
  },
);

test.each<[string, string, RegExp]>([
  ['is never closed', 'A,a,S,x,1,1.00\nB,b,S,"x,1,1.00\n', /one that row 3 opens is never closed/],
  [
    'stands in a cell that is not quoted',
    'A,a,S,5" x 6",1,"1.00"\n',
    /row 2, cell 4, a quote in a cell that is not quoted/,
  ],
  ['is followed by text', 'A,a,S,"x"y,1,"1.00"\n', /row 2, cell 4, text after a closing quote/],
])('a quote that %s ends the reading with its row', async (_name, rows, message) => {
  await expect(lookInto(`${HEADER}\n${rows}`, FLAGS)).rejects.toThrow(message);
});

test('tabs with quotes of both kinds are left to the operator', async () => {
  const text = `${TABS}\nA\ta\tS\t"two\nlines"\t1\t9.00\nB\tb\tT\t5" nail\t1\t5.00\n`;
  await expect(lookInto(text, FLAGS)).rejects.toThrow(/two ways. Use --quoting none/);
});

test.each<[string, Uint8Array, Flags]>([
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${HEADER}\nA,é,S,x,1,9.00\n`), {}],
  [
    'UTF-16 with a byte order mark',
    Buffer.from(`\ufeff${HEADER}\nA,é,S,x,1,9.00\n`, 'utf16le'),
    {},
  ],
  [
    'UTF-16 the other way round',
    Buffer.from(`\ufeff${HEADER}\nA,é,S,x,1,9.00\n`, 'utf16le').swap16(),
    {},
  ],
  ['UTF-16 without a mark', Buffer.from(`${HEADER}\nA,é,S,x,1,9.00\n`, 'utf16le'), {}],
  [
    'Windows-1252, when said',
    Buffer.from(`${HEADER}\nA,é,S,x,1,9.00\n`, 'latin1'),
    { encoding: 'windows-1252' },
  ],
])('%s is read', async (_name, bytes, flags) => {
  expect(short(await lookInto(bytes, { ...FLAGS, ...flags }))).toEqual(['A é GBP: S 1 x 900']);
});

test.each<[string, Uint8Array, RegExp]>([
  [
    'not UTF-8',
    Buffer.from(`${HEADER}\nA,é,S,x,1,9.00\n`, 'latin1'),
    /orders is not UTF-8: see row 2\. .*--encoding windows-1252/,
  ],
  [
    'cut in a character',
    Buffer.from(`${HEADER}\nA,é`).subarray(0, -1),
    /ends in the middle of a character, in row 2/,
  ],
  ['a workbook', Buffer.from('PK\x03\x04rest'), /a spreadsheet \(\.xlsx/],
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /an old spreadsheet \(\.xls\)/],
  ['compressed', Buffer.from('1f8b0800', 'hex'), /compressed/],
  ['a web page', Buffer.from('\n<table><tr>'), /HTML or XML/],
  ['a JSON array', Buffer.from('[{}]'), /NDJSON/],
  ['binary', Buffer.from(`${HEADER}\n\0\0\0`), /zero bytes/],
  ['one endless line', Buffer.from(`${HEADER}\n${'x'.repeat(2_000_000)}`), /Row 2 is longer/],
])('a file that is %s is refused by name', async (_name, bytes, message) => {
  await expect(lookInto(bytes, FLAGS)).rejects.toThrow(message);
});

test('a file of UTF-8 is not read in another encoding, though somebody said so', async () => {
  const said = lookInto(`${HEADER}\nA,é,S,x,1,9.00\n`, { ...FLAGS, encoding: 'windows-1252' });
  await expect(said).rejects.toThrow(/is UTF-8, and not WINDOWS-1252/);
});
