import fc from 'fast-check';
import { expect, test } from 'vitest';
import { validateSubmission } from '../../lib/orders/submission.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';

function pointersOf(body: unknown): string[] {
  const validation = validateSubmission(body, NOW_MS);
  return validation.kind === 'invalid' ? validation.faults.map(({ pointer }) => pointer) : [];
}

/** What a pointer names, as RFC 6901 has it read; it throws where the parent is not there. */
function resolve(body: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null) throw new Error(`${pointer} leads nowhere`);
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return Object.getOwnPropertyDescriptor(value, name)?.value;
  }, body);
}

const names = fc.oneof(
  fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a') }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '-', '0'),
);
const KNOWN = ['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata'];
const KNOWN_OF_LINES = ['sku', 'quantity', 'unitAmount', 'description'];

/** The object with one more member, its own also where the name is `__proto__`. */
function withMember(object: object, name: string, value: unknown): object {
  return Object.defineProperty({ ...object }, name, { value, enumerable: true });
}

test('the pointer of an unknown member leads to it, whatever its name', () => {
  fc.assert(
    fc.property(
      names.filter((name) => ![...KNOWN, ...KNOWN_OF_LINES].includes(name)),
      (name) => {
        const [line] = orderBody().lines;
        const inLine = orderBody({ lines: [withMember(line ?? {}, name, 'here')] });
        for (const body of [withMember(orderBody(), name, 'here'), inLine]) {
          const pointers = pointersOf(body);
          expect(pointers.map((pointer) => resolve(body, pointer))).toEqual(['here']);
        }
      },
    ),
  );
});

test('each pointer leads to a member, or to where one is missing, and none comes twice', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>('', 0, -1, 1e300, null));
  const line = fc.record(
    { sku: value, quantity: value, unitAmount: value, description: value, other: value },
    { requiredKeys: [] },
  );
  const body = fc.record(
    {
      customer: value,
      currency: value,
      lines: fc.oneof(value, fc.array(fc.oneof(line, value))),
      reference: value,
      produceAt: value,
      other: value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, (order) => {
      const pointers = pointersOf(order);
      for (const pointer of pointers) expect(() => resolve(order, pointer)).not.toThrow();
      expect(new Set(pointers).size).toBe(pointers.length);
      expect(pointers.length).toBeLessThanOrEqual(100);
    }),
    { numRuns: 500 },
  );
});
