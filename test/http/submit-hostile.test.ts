import { beforeAll, describe, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

const pointersOf = ({ body }: Answer) =>
  ((body.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer);

async function refuse(body: string): Promise<string[]> {
  const before = await api.keys();
  const answer = await api.submit(body);
  expect(answer.status).toBe(400);
  expect(await api.keys()).toEqual(before);
  return pointersOf(answer);
}

/** An order as text, with a member put in that `JSON.stringify` would not write. */
const withMember = (member: string) => JSON.stringify(orderBody()).replace('{', `{${member},`);
const withLineMember = (member: string) =>
  JSON.stringify(orderBody()).replace('{"sku"', `{${member},"sku"`);
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const LEVELS = 10_000;

describe('10,000 levels', () => {
  test('of nothing else are one fault', async () => {
    expect(await refuse(nested(LEVELS))).toEqual(['']);
    expect(await refuse(`${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`)).toContain('/a');
  });

  test.each(['customer', 'currency', 'lines', 'reference', 'produceAt', 'metadata'])(
    'in %s are a fault of that member',
    async (member) => {
      const text = JSON.stringify({ ...orderBody(), [member]: 'HERE' });
      const expected = member === 'lines' ? '/lines/0' : `/${member}`;
      expect(await refuse(text.replace('"HERE"', nested(LEVELS)))).toEqual([expected]);
    },
  );

  test('in a value of the metadata are a fault of that value', async () => {
    expect(await refuse(withMember(`"metadata":{"a":${nested(LEVELS)}}`))).toEqual(['/metadata/a']);
  });
});

describe('names that objects inherit', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'];

  test.each(NAMES)('%s is an unknown member of an order', async (name) => {
    expect(await refuse(withMember(`"${name}":{"customer":"x"}`))).toEqual([`/${name}`]);
  });

  test.each(NAMES)('%s is an unknown member of a line', async (name) => {
    expect(await refuse(withLineMember(`"${name}":1`))).toEqual([`/lines/0/${name}`]);
  });

  test.each(NAMES)('%s is a key of the metadata like any other', async (name) => {
    const text = withMember(`"metadata":{"${name}":"kept"}`);
    const answer = await api.submit(text, { key: name });
    expect(answer.status).toBe(202);
    const stored = await api.read(String(answer.body.id));
    expect(stored.text).toContain(`"metadata":{"${name}":"kept"}`);
    const other = withMember(`"metadata":{"${name}":"other"}`);
    expect((await api.submit(other, { key: name })).status).toBe(422);
    expect((await api.submit(orderBody(), { key: name })).status).toBe(422);
  });

  test('a member that is only inherited is missing', async () => {
    expect(await refuse('{"__proto__":{"customer":"x","currency":"GBP","lines":[]}}')).toEqual(
      expect.arrayContaining(['/customer', '/currency', '/lines', '/__proto__']),
    );
  });
});

describe('what the client does not decide', () => {
  test.each(['status', 'attempts', 'id', 'client', 'totalAmount', 'acceptedAt', 'orderNumber'])(
    '%s is an unknown member',
    async (name) => {
      expect(await refuse(withMember(`"${name}":"x"`))).toEqual([`/${name}`]);
    },
  );
});

describe('numbers', () => {
  const NO_QUANTITY = ['0', '-0', '-1', '1.5', '1000001', '9007199254740993', '1e400', '-1e400'];
  test.each([...NO_QUANTITY, '1e-400', '"1"', 'true', 'null', '[1]'])(
    '%s is no quantity',
    async (number) => {
      const text = JSON.stringify(orderBody()).replace('"quantity":6', `"quantity":${number}`);
      expect(await refuse(text)).toEqual(['/lines/0/quantity']);
    },
  );

  const NO_AMOUNT = ['-1', '0.5', '1000000000001', '9007199254740993', '1e400', '1e300', '-1e300'];
  test.each([...NO_AMOUNT, '"5"', 'null'])('%s is no amount', async (number) => {
    const text = JSON.stringify(orderBody()).replace('"unitAmount":255', `"unitAmount":${number}`);
    expect(await refuse(text)).toEqual(['/lines/0/unitAmount']);
  });

  test.each([
    ['1.0', 1],
    ['1e3', 1_000],
    ['100e-2', 1],
    ['-0', 0],
    ['0.0', 0],
  ])('an amount of %s is %i', async (written, amount) => {
    const text = JSON.stringify(orderBody()).replace('"unitAmount":255', `"unitAmount":${written}`);
    const key = `amount-${written}`;
    const answer = await api.submit(text, { key });
    expect(answer.text).toContain(`"totalAmount":${amount * 6},`);
    const lines = [{ sku: '85123A', quantity: 6, unitAmount: amount }];
    expect((await api.submit(orderBody({ lines }), { key })).text).toBe(answer.text);
  });
});

describe('many members', () => {
  const members = (count: number) =>
    Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',');

  test('as many unknown members as fit are named up to 100', async () => {
    expect(await refuse(withMember(members(20_000)))).toHaveLength(100);
  });

  test('as many members of the metadata as fit are named up to 100', async () => {
    const pointers = await refuse(withMember(`"metadata":{${members(20_000)}}`));
    expect(pointers).toHaveLength(100);
    expect(pointers[0]).toBe('/metadata');
  });

  test('as many lines as fit are named up to 100, that they are too many first', async () => {
    const body = JSON.stringify({ ...orderBody(), lines: Array(100_000).fill(0) });
    const pointers = await refuse(body);
    expect(pointers).toHaveLength(100);
    expect(pointers.slice(0, 2)).toEqual(['/lines', '/lines/0']);
  });

  test('as many faulty lines as there may be are named up to 100', async () => {
    const body = orderBody({ lines: Array.from({ length: 1_000 }, () => ({})) });
    expect(await refuse(JSON.stringify(body))).toHaveLength(100);
  });
});

describe('member names that are written with escapes', () => {
  // V8 13.6 gives the name of an object that it has parsed before, where that had as many characters.
  test.each(['\\"', '\\\\', '\\n', '\\t'])(
    'are what they say, also after another body had the name "%s"',
    async (other) => {
      await refuse(withMember(`"metadata":{"first":"1","${other}":"x"}`));
      const text = withMember('"metadata":{"first":"1","\\u0061":"x"}');
      const { status, body } = await api.submit(text);
      expect([status, body.errors]).toEqual([202, undefined]);
      expect((await api.read(String(body.id))).body.metadata).toEqual({ first: '1', a: 'x' });
    },
  );

  test('and values that are, are taken as JSON has them', async () => {
    const written = '\\u0041\\u0022\\u005c\\\\u0041\\/\\u00e9\\u2028\\"\\u005C';
    const { body } = await api.submit(withMember(`"reference":"${written}"`));
    expect(body.reference).toBe(JSON.parse(`"${written}"`));
  });

  test('and one that is never closed is no JSON at once, however long it is', async () => {
    const text = `"\\u0041${'\\"'.repeat(120_000)}`;
    expect((await api.submit(text)).body.type).toBe('/problems/invalid-json');
  });

  test.each([
    '"\\u0041\\U0042"',
    '\\u0031',
    '{\\u0022a":1}',
    '{"a":\\u0031}',
    '["a"\\u002c1]',
    '"\\u00',
  ])('%s is no JSON, with an escape outside of a string', async (text) => {
    const answer = await api.submit(text);
    expect(answer.body.type).toBe('/problems/invalid-json');
  });
});
