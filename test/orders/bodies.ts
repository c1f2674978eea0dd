import fc from 'fast-check';

// Few values for each member, so that two orders are often alike in all but one.
const few = (...values: string[]) => fc.constantFrom(...values);

const line = fc.record(
  {
    sku: few('a', 'b', '["a"', '🦊'),
    quantity: fc.constantFrom(1, 2, 1_000_000),
    unitAmount: fc.constantFrom(0, 1, 10 ** 9),
    description: few('a', '\t\n', 'null'),
  },
  { requiredKeys: ['sku', 'quantity', 'unitAmount'] },
);

/** Bodies of submits that are valid at the tests' own time. */
export const orderBodies = fc.record(
  {
    customer: few('c', 'C', '1'),
    currency: few('GBP', 'EUR'),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    reference: few('r', 'null', '\u2028'),
    produceAt: few('2020-01-01T00:00:00Z', '2020-01-01T01:00:00.0+01:00', '2026-12-01T00:00:00Z'),
    metadata: fc.dictionary(few('a', 'b', '0', '__proto__'), few('', 'x'), {
      noNullPrototype: true,
    }),
  },
  { requiredKeys: ['customer', 'currency', 'lines'] },
);

/** The same JSON in other words: members turned around, white space, `1.0` for `1`, escapes. */
export function respelled(value: unknown): fc.Arbitrary<string> {
  const spellings = fc.record({
    space: fc.constantFrom('', ' ', '\n\t'),
    isTurned: fc.boolean(),
    number: fc.constantFrom(
      String,
      (n: number) => `${n}.0`,
      (n: number) => `${n}e0`,
      (n: number) => `${n * 10}E-1`,
    ),
    isEscaped: fc.boolean(),
  });
  return spellings.map((spelling) => write(value, spelling));
}

interface Spelling {
  readonly space: string;
  readonly isTurned: boolean;
  readonly number: (value: number) => string;
  readonly isEscaped: boolean;
}

function write(value: unknown, spelling: Spelling): string {
  const { space, isTurned, isEscaped } = spelling;
  if (typeof value === 'number') return spelling.number(value);
  if (typeof value === 'string') return isEscaped ? escaped(value) : JSON.stringify(value);
  const joined = (parts: string[]) => space + parts.join(`${space},${space}`) + space;
  if (Array.isArray(value)) return `[${joined(value.map((item) => write(item, spelling)))}]`;
  const members = Object.entries(value as object).map(
    ([name, member]) => `${write(name, spelling)}${space}:${space}${write(member, spelling)}`,
  );
  return `{${joined(isTurned ? members.reverse() : members)}}`;
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}
