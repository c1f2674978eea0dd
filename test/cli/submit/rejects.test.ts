import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRejectsFile, writeRejects } from '../../../cli/submit/rejects.ts';
import { COLUMNS, type Flags, folder, HEADER, lookInto, short, shortKept } from './reading.ts';

const POUNDS: Flags = { ...COLUMNS, currency: 'GBP' };

async function rejectsOf(text: string, flags: Flags): Promise<string> {
  const { understood } = await lookInto(text, flags);
  const path = join(await folder(), 'rejects');
  const handle = await open(path, 'w');
  await writeRejects(handle, understood);
  await handle.close();
  return readFile(path, 'utf8');
}

// Else a doubt that comes of where a row stands would be gone, and the order go in as it is.
test.each<[string, string, Flags]>([
  ['a cell that cannot be converted', '1,a,x,,1,1.005\n', {}],
  ['a number that can be read in two ways', '1,a,x,,1,1.200\n2,a,x,,1,1\n', {}],
  ['rows that repeat others apart from them', '1,a,x,,1,1\n2,b,x,,1,1\n1,a,x,,1,1\n', {}],
  ['rows without a number', '1,a,x,,1,1\n,,y,,1,1\n2,b,x,,1,1\n', {}],
  [
    'a row that begins in the middle of an order',
    ',,y,,1,1\n1,a,x,,1,1.005\n',
    { carryDown: true },
  ],
  ['the same behind a joined header', `1,a,x,,1,1.005\n${HEADER}\n,,y,,1,1\n`, { carryDown: true }],
  ['rows that a quote swallowed', 'A,a,S,"Big,1,9.00\nB,b,T,X",1,5.00\n', {}],
  ['a row of another width', '1,a,x,1,1\n2,a,x,,1,1,9\n', {}],
  ['a number that was cut off', '1,a,x,,1,1.50\n2,a,x,,1,2.5', {}],
])(
  '%s is kept back again when the rejects are submitted as they are',
  async (_name, rows, more) => {
    const flags = { ...POUNDS, ...more };
    const before = await lookInto(`${HEADER}\n${rows}`, flags);
    const again = await lookInto(await rejectsOf(`${HEADER}\n${rows}`, flags), flags);
    expect(shortKept(before)).not.toEqual([]);
    expect(short(again)).toEqual([]);
    expect(again.kept.map(({ key }) => key)).toEqual(before.kept.map(({ key }) => key));
  },
);

test('a file of another delimiter, with quotes and the columns of an earlier run, keeps its form', async () => {
  const columns = `${HEADER.replaceAll(',', ';')};sluice row;sluice reason`;
  const text = await rejectsOf(`${columns}\n1;a;x;"say ""a;b""";1;1,005;9;"old"\n`, POUNDS);
  expect(text).toMatch(/^Order;Customer;SKU;Title;Qty;Price;sluice row;sluice reason\n/);
  expect(text).toMatch(/\n1;a;x;"say ""a;b""";1;1,005;2;Price 1,005 is ambiguous .*\n$/);
});

test('no cell of the rejects is a formula, nothing in them moves a cursor, and all comes back as it was', async () => {
  const cells = [
    `=cmd|'/c calc'!A0`,
    '@SUM(A1)',
    '+1-1',
    "'=1",
    '  =1',
    'a\u001b[31m',
    '\u009b1m\u202e␛',
  ];
  const rows = cells.map((cell, at) => `${at + 1},${cell},x,t,1,1.005`).join('\n');
  const text = await rejectsOf(`${HEADER}\n${rows}\n8,-5,x,t,-2,1.005\n`, POUNDS);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the test looks for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  const written = text.split('\n').slice(1, -1);
  for (const [at, line] of written.slice(0, 5).entries())
    expect(line).toMatch(new RegExp(`^${at + 1},"?'`));
  expect(written[7]).toMatch(/^8,-5,x,t,-2,1.005,/);
  const customers = async (file: string) => {
    const { understood } = await lookInto(file, POUNDS);
    const { sheet } = understood;
    return [...sheet.kept()].flatMap(({ id }) => [...sheet.rowsOf(id)].map((row) => row.cells[1]));
  };
  expect(await customers(text)).toEqual([...cells, '-5']);
});

test('what a line of JSON holds moves no cursor in the rejects either', async () => {
  const line = JSON.stringify({ customer: 'a\u009b\u001b' });
  const { understood } = await lookInto(`${line}\nnonsense \u001b[31m\n`, {}, 'ndjson');
  const path = join(await folder(), 'rejects');
  const handle = await openRejectsFile(path, '-');
  await writeRejects(handle, understood);
  await handle.close();
  const [first = '', second] = (await readFile(path, 'utf8')).split('\n');
  expect(first).not.toMatch(/[\u007f-\u009f]/);
  expect(JSON.parse(first)).toMatchObject({ customer: 'a\u009b\u001b' });
  expect(second).toBe('nonsense ␛001b[31m');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
