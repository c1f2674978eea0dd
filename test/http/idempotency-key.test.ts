import { beforeAll, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

const SAME: [bare: string, other: string][] = [
  ['abc', '"abc"'],
  ['a b', '"a b"'],
  ['a"b', String.raw`"a\"b"`],
  [String.raw`a\b`, String.raw`"a\\b"`],
  [String.raw`x\"y`, String.raw`"x\\\"y"`],
  ['a, b', '"a, b"'],
  ['7', '"7"'],
  [':{}*', '":{}*"'],
  ['order-1', ' \torder-1\t '],
];

test.each(SAME)('%j and %j are the same key', async (bare, other) => {
  const first = await api.submit(orderBody(), { key: bare });
  const second = await api.submit(orderBody(), { key: other });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.text).toBe(first.text);
});

test.each([
  ['z'.repeat(255), `"${'z'.repeat(255)}"`],
  [`y${'\\'.repeat(254)}`, `"y${'\\'.repeat(508)}"`],
])('the longest key is the same in quotes, however much of it is escaped (%#)', async (...keys) => {
  const [first, second] = await Promise.all(keys.map((key) => api.submit(orderBody(), { key })));
  expect(first?.status).toBe(202);
  expect(second?.text).toBe(first?.text);
});

const DIFFERENT: [one: string, other: string][] = [
  ['k', 'K'],
  ['k1', 'k2'],
  ['k k', 'k  k'],
  ['q"r', String.raw`q\"r`],
  ['"k3"', `'k3'`],
];

test.each(DIFFERENT)('%j and %j are different keys', async (one, other) => {
  const first = await api.submit(orderBody(), { key: one });
  const second = await api.submit(orderBody(), { key: other });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.id).not.toBe(first.body.id);
});

test.each(['!', '~', '!"#$%&()*+,-./:;<=>?@[]^_`{|}~', '../../etc', '__proto__'])(
  '%j is a key',
  async (key) => {
    expect((await api.submit(orderBody(), { key })).status).toBe(202);
  },
);

const MALFORMED: Record<string, string | undefined> = {
  missing: undefined,
  empty: '',
  'nothing but spaces': '   ',
  'an empty quoted string': '""',
  'of 256 characters': 'a'.repeat(256),
  'of 256 characters in quotes': `"${'a'.repeat(256)}"`,
  'of 32 KB': 'a'.repeat(32_768),
  'not ASCII': 'ключ',
  'not ASCII at its end': 'key\u00a0',
  'not ASCII in quotes': '"clé"',
  'a lone quote': '"',
  'a quote that does not end': '"abc',
  'a quote that ends too soon': '"abc"d',
  'a quoted string with parameters': '"abc";a=1',
  'a list of quoted strings': '"abc", "def"',
  'a quote that is escaped at its end': String.raw`"abc\"`,
  'an escape of what needs none': String.raw`"a\bc"`,
  'a space at the start of a quoted string': '" abc"',
  'a space at the end of a quoted string': '"abc "',
  'a tab within': 'a\tb',
  'a line break within': 'a\r\nb',
  'a NUL within': 'a\0b',
  'a DEL within': 'a\x7fb',
  'an escape sequence': '\x1b[31m',
};

test.each(Object.entries(MALFORMED))(
  'a key that is %s is 400, and nothing is written',
  async (_, key) => {
    const before = await api.keys();
    const answer = await api.submit(orderBody(), { key, headers: { 'idempotency-key': key } });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: '/problems/invalid-idempotency-key', status: 400 });
    expect(await api.keys()).toEqual(before);
  },
);

test('a header of spaces without end is refused in time that grows with its length only', async () => {
  const key = `a${' '.repeat(200_000)}\u00e9`;
  expect((await api.submit(orderBody(), { key })).status).toBe(400);
});
