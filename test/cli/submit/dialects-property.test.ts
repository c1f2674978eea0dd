import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COLUMNS, type Flags, HEADER, lookInto, shortKept } from './reading.ts';

const FLAGS: Flags = { ...COLUMNS, currency: 'GBP' };

interface Writing {
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly newline: string;
  readonly encoding: 'utf8' | 'utf8-bom' | 'utf16le';
  readonly isQuoted: boolean;
  readonly decimal: '.' | ',';
  readonly thousands: '' | ' ' | "'" | 'other';
  readonly sign: string;
  readonly padding: string;
  readonly hasLastEnd: boolean;
}

const writing: fc.Arbitrary<Writing> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  encoding: fc.constantFrom('utf8', 'utf8-bom', 'utf16le'),
  isQuoted: fc.boolean(),
  decimal: fc.constantFrom('.', ','),
  thousands: fc.constantFrom('', ' ', "'", 'other'),
  sign: fc.constantFrom('', '£', 'GBP '),
  padding: fc.constantFrom('', ' ', '\u00a0'),
  hasLastEnd: fc.boolean(),
});

const order = fc.record({
  customer: fc.constantFrom('Ann', 'Müller & Söhne', 'guest@example.com', '株式会社'),
  lines: fc.uniqueArray(
    fc.record({
      sku: fc.stringMatching(/^[A-Z]{1,4}-\d{1,3}$/),
      title: fc.constantFrom(
        'Tea',
        '24" screen',
        '"Big"',
        'red; blue, green | grey',
        'two\nlines',
        'It’s',
      ),
      quantity: fc.integer({ min: 1, max: 20_000 }),
      unitAmount: fc.integer({ min: 0, max: 500_000_000 }),
    }),
    { selector: ({ sku }) => sku, minLength: 1, maxLength: 4 },
  ),
});

test('orders that are written in any dialect are read back as the same orders', async () => {
  await fc.assert(
    fc.asyncProperty(
      writing,
      fc.array(order, { minLength: 1, maxLength: 6 }),
      async (how, orders) => {
        const looked = await lookInto(written(how, orders), FLAGS);
        expect(shortKept(looked)).toEqual([]);
        expect(
          looked.orders.map(({ order: { customer, lines } }) => ({ customer, lines })),
        ).toEqual(
          orders.map(({ customer, lines }) => ({
            customer,
            lines: lines.map(({ sku, title, quantity, unitAmount }) => ({
              sku,
              description: title,
              quantity,
              unitAmount,
            })),
          })),
        );
      },
    ),
    { numRuns: 200 },
  );
});

function written(
  how: Writing,
  orders: readonly {
    customer: string;
    lines: readonly { sku: string; title: string; quantity: number; unitAmount: number }[];
  }[],
) {
  const rows = orders.flatMap(({ customer, lines }, at) =>
    lines.map(({ sku, title, quantity, unitAmount }) => [
      `N-${at}`,
      customer,
      sku,
      title,
      String(quantity),
      `${how.sign}${amount(how, unitAmount)}`,
    ]),
  );
  const all = [HEADER.split(','), ...rows].map((cells) =>
    cells.map((cell) => cellText(how, cell)).join(how.delimiter),
  );
  const text = all.join(how.newline) + (how.hasLastEnd ? how.newline : '');
  if (how.encoding === 'utf16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  return Buffer.from(how.encoding === 'utf8' ? text : `\ufeff${text}`);
}

function cellText({ delimiter, newline, isQuoted, padding }: Writing, cell: string): string {
  const text = cell.replaceAll('\n', newline);
  if (isQuoted || /["\r\n]/.test(text) || text.includes(delimiter))
    return `"${text.replaceAll('"', '""')}"`;
  return `${padding}${text}${padding}`;
}

function amount({ decimal, thousands }: Writing, units: number): string {
  const other = decimal === '.' ? ',' : '.';
  const separator = thousands === 'other' ? other : thousands;
  const whole = String(Math.floor(units / 100)).replace(/\B(?=(\d{3})+$)/g, separator);
  return `${whole}${decimal}${String(units % 100).padStart(2, '0')}`;
}
