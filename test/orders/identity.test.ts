import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { submissionFrom, withContent } from '../../lib/orders/content.ts';
import { idPrefixOf, isOrderId, orderIdOf } from '../../lib/orders/identity.ts';
import { type Submission, validateSubmission } from '../../lib/orders/submission.ts';
import { NOW_MS } from '../support/orders.ts';
import { orderBodies, respelled } from './bodies.ts';

describe('orderIdOf', () => {
  const names = fc.string({ unit: 'grapheme-ascii', maxLength: 6 });

  test('is the same for the same client and key, and an id that an order can have', () => {
    fc.assert(
      fc.property(names, names, (client, key) => {
        expect(orderIdOf(client, key)).toBe(orderIdOf(client, key));
        expect(isOrderId(orderIdOf(client, key))).toBe(true);
      }),
    );
  });

  test('never joins a client and a key, so no split of the same text is the same order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }), (text) => {
        const ids = Array.from({ length: text.length + 1 }, (_, at) =>
          orderIdOf(text.slice(0, at), text.slice(at)),
        );
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  const PAIRS: [one: [string, string], other: [string, string]][] = [
    [
      ['a', 'bc'],
      ['ab', 'c'],
    ],
    [
      ['a', '","b'],
      ['a","', 'b'],
    ],
    [
      ['a:', 'b'],
      ['a', ':b'],
    ],
    [
      ['shop', 'K'],
      ['shop', 'k'],
    ],
  ];

  test.each(PAIRS)('tells %j from %j', (one, other) => {
    expect(orderIdOf(...one)).not.toBe(orderIdOf(...other));
  });

  test('begins alike for the orders of one client, and not for those of another', () => {
    const prefixes = ['shop', 'other', 'Shop', ''].map(idPrefixOf);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    fc.assert(
      fc.property(names, names, (client, key) => {
        expect(orderIdOf(client, key).startsWith(idPrefixOf(client))).toBe(true);
      }),
    );
  });

  test('does not change from one release to the next: repeats would become new orders', () => {
    expect(orderIdOf('shop', 'order-1')).toBe('ord_hm80sas1vmgobf1eg83beiislmpev3d6');
  });
});

function submissionOf(text: string): Submission {
  const validation = validateSubmission(JSON.parse(text), NOW_MS);
  if (validation.kind === 'invalid') throw new Error(JSON.stringify(validation.faults));
  return validation.submission;
}

/** The order itself, without the order of the members in its metadata. */
function meaningOf({ metadata, ...rest }: Submission): unknown {
  return { ...rest, metadata: new Map(Object.entries(metadata ?? {}).sort()) };
}

describe('the content', () => {
  test('is the same however the same order is written', () => {
    fc.assert(
      fc.property(
        orderBodies.chain((body) => respelled(body).map((text) => ({ body, text }))),
        (made) => {
          const plain = submissionOf(JSON.stringify(made.body));
          const other = submissionOf(made.text);
          expect(meaningOf(other)).toEqual(meaningOf(plain));
          expect(withContent(other).content).toBe(withContent(plain).content);
          const read = submissionFrom(JSON.parse(withContent(other).content));
          expect(meaningOf(read as Submission)).toEqual(meaningOf(plain));
        },
      ),
    );
  });

  test('is the same for two bodies exactly where they are the same order', () => {
    fc.assert(
      fc.property(orderBodies, orderBodies, (one, other) => {
        const [a, b] = [one, other].map((body) => submissionOf(JSON.stringify(body)));
        const isSame = equal(a as Submission, b as Submission);
        expect(
          withContent(a as Submission).fingerprint === withContent(b as Submission).fingerprint,
        ).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  test('does not change from one release to the next: repeats would become 422', () => {
    const submission = submissionOf(
      '{"customer":"c","currency":"GBP","lines":[{"sku":"s","quantity":2,"unitAmount":3}]}',
    );
    expect(withContent(submission).fingerprint).toBe('ch-LO_VyXT-jKnqgdHPmG-UWat7odU6jppBv2bOyeKU');
  });
});

function equal(a: Submission, b: Submission): boolean {
  try {
    expect(meaningOf(a)).toEqual(meaningOf(b));
    return true;
  } catch {
    return false;
  }
}

test.each(['', 'ord_', `ord_${'0'.repeat(31)}`, `ord_${'w'.repeat(32)}`, ` ord_${'0'.repeat(32)}`])(
  'no order can have the id %j',
  (text) => {
    expect(isOrderId(text)).toBe(false);
  },
);
