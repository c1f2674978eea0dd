import { expect, test } from 'vitest';
import { readIdempotencyKey } from '../../lib/http/idempotency-key.ts';
import { orderBody } from '../support/orders.ts';
import { deploy } from './deployment.ts';

test.each([
  ['abc', 'abc'],
  ['"abc"', 'abc'],
  ['"a b"', 'a b'],
  [String.raw`"a\"b"`, 'a"b'],
  [String.raw`"a\\b"`, String.raw`a\b`],
  [String.raw`"x\\\"y"`, String.raw`x\"y`],
  [String.raw`x\"y`, String.raw`x\"y`],
  [' \torder-1\t ', 'order-1'],
  ["'k'", "'k'"],
  ['a, b', 'a, b'],
  ['!"#$%&()*+,-./:;<=>?@[]^_`{|}~', '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'],
  ['../../etc', '../../etc'],
  ['__proto__', '__proto__'],
  ['z'.repeat(255), 'z'.repeat(255)],
  [`"${'\\\\'.repeat(255)}"`, '\\'.repeat(255)],
])('%j is the key %j', (header, key) => {
  expect(readIdempotencyKey(header)).toBe(key);
});

const MALFORMED: Record<string, string | undefined> = {
  'no header': undefined,
  'an empty one': '',
  'only spaces': '   ',
  'an empty quoted string': '""',
  '256 characters': 'a'.repeat(256),
  '256 characters in quotes': `"${'a'.repeat(256)}"`,
  'spaces without end': `a${' '.repeat(200_000)}\u00e9`,
  'Cyrillic letters': 'ключ',
  'a no-break space at the end': 'key\u00a0',
  'an accent in quotes': '"clé"',
  'a lone quote': '"',
  'a quote that does not end': '"abc',
  'a quote that ends too soon': '"abc"d',
  'parameters after the quote': '"abc";a=1',
  'a list of quoted strings': '"abc", "def"',
  'an escaped quote at the end': String.raw`"abc\"`,
  'an escape that is none': String.raw`"a\bc"`,
  'a space at the start of the quote': '" abc"',
  'a space at the end of the quote': '"abc "',
  'a tab within': 'a\tb',
  'a line break within': 'a\r\nb',
  'a NUL within': 'a\0b',
  'a DEL within': 'a\x7fb',
};

test.each(Object.entries(MALFORMED))('%s is not a key', (_, header) => {
  expect(readIdempotencyKey(header)).toBeUndefined();
});

test('a submit without a key is a 400 and writes nothing', async () => {
  const api = await deploy();
  for (const key of [undefined, '"']) {
    const answer = await api.submit(orderBody(), { headers: { 'idempotency-key': key } });
    expect(answer).toMatchObject({
      status: 400,
      body: { type: '/problems/invalid-idempotency-key' },
    });
  }
  expect(await api.keys()).toEqual([]);
});
