import { beforeAll, describe, expect, test } from 'vitest';
import { readJsonBody } from '../../lib/http/json-body.ts';
import type { HttpRequest } from '../../lib/http/route.ts';
import { orderBody } from '../support/orders.ts';
import { type Call, type Deployment, deploy } from './deployment.ts';

const BYTES_MAX = 256 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

/** What becomes of a body: its value, or the type of the problem. */
function read(body: string | Buffer, headers: Record<string, string> = JSON_TYPE): unknown {
  const isBase64Encoded = Buffer.isBuffer(body);
  const sent = isBase64Encoded ? body.toString('base64') : body;
  const request = { body: sent, isBase64Encoded, headers } as unknown as HttpRequest;
  const answer = readJsonBody(request, BYTES_MAX);
  if (answer.kind === 'json') return answer.value;
  return (answer.response.body as { type: string }).type;
}

const VALID = JSON.stringify(orderBody());
const NOT_JSON: Record<string, string | Buffer> = {
  'is empty': '',
  'is white space': ' \n',
  'is cut off': VALID.slice(0, -1),
  'goes on after its end': `${VALID}{}`,
  'has a comma too many': VALID.replace(/}$/, ',}'),
  'has a comment': `/* order */${VALID}`,
  'holds NaN': '{"customer":NaN}',
  'holds a raw line feed in a string': '{"customer":"a\nb"}',
  'starts with a byte order mark': `\ufeff${VALID}`,
  'starts with a byte order mark, in base64': Buffer.from(`\ufeff${VALID}`),
  'is UTF-16': Buffer.from(VALID, 'utf16le'),
  'is Latin-1': Buffer.from(VALID.replace('17850', 'Zoë'), 'latin1'),
  'holds half a character': Buffer.from([...Buffer.from('{"customer":"'), 0xf0, 0x9f, 0x22, 0x7d]),
  'holds a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'holds an overlong slash': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'has an escape outside of a string': '["a"\\u002c1]',
  'has a string that does not end': `"\\u0041${'\\"'.repeat(120_000)}`,
};

test.each(Object.entries(NOT_JSON))('a body that %s is not JSON', (_, body) => {
  expect(read(body)).toBe('/problems/invalid-json');
});

test('a body in base64 is the same as in plain text', () => {
  const body = orderBody({ customer: 'Zoë 🦊' });
  expect(read(Buffer.from(JSON.stringify(body)))).toEqual(body);
});

describe('escapes in member names', () => {
  // V8 13.6 takes the name from an object that it parsed before, if that has as many characters.
  test.each(['\\"', '\\\\', '\\n'])('mean the same after a body with the name "%s"', (other) => {
    read(`{"metadata":{"first":"1","${other}":"x"}}`);
    expect(read('{"metadata":{"first":"1","\\u0061":"x"}}')).toEqual({
      metadata: { first: '1', a: 'x' },
    });
  });

  test('and in values are taken as JSON.parse does', () => {
    const text = '"\\u0041\\u0022\\u005c\\\\u0041\\/\\u00e9\\u2028\\"\\u005C"';
    expect(read(text)).toBe(JSON.parse(text));
  });
});

test.each([
  'application/json',
  'Application/JSON',
  'application/json;charset=utf-8',
  'application/json ; charset="utf-8"',
])('the content type %s is taken', (type) => {
  expect(read('1', { 'content-type': type })).toBe(1);
});

test.each([
  {},
  ...[
    ...['', 'text/plain', 'text/json', 'application/jsonx', 'application/problem+json', '*/*'],
    ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=application/json'],
    ...['text/plain; application/json', 'application/json, text/plain'],
    ...['application/json; charset=iso-8859-1', `application/json;${' '.repeat(200_000)}x`],
  ].map((type) => ({ 'content-type': type })),
  ...['gzip', 'GZIP', 'br', 'identity, gzip', 'x'].map((encoding) => ({
    ...JSON_TYPE,
    'content-encoding': encoding,
  })),
])('a body with other headers is not plain JSON, whatever it holds (%#)', (headers) => {
  expect(read('{', headers)).toBe('/problems/unsupported-media-type');
});

test('a body that says that it has no encoding is taken', () => {
  expect(read('1', { ...JSON_TYPE, 'content-encoding': 'identity' })).toBe(1);
});

const TOO_LARGE: Record<string, string | Buffer> = {
  'is an order': VALID.padEnd(BYTES_MAX + 1),
  'is an order in base64': Buffer.from(VALID.padEnd(BYTES_MAX + 1)),
  'has fewer characters than bytes': `"${'é'.repeat(BYTES_MAX / 2)}"`,
  'is not JSON': 'x'.repeat(BYTES_MAX + 1),
  'is not UTF-8': Buffer.alloc(BYTES_MAX + 1, 0xff),
};

test.each(Object.entries(TOO_LARGE))('a body of a byte too many is refused if it %s', (_, body) => {
  for (const headers of [JSON_TYPE, { 'content-type': 'text/plain' }, {}]) {
    expect(read(body, headers as Record<string, string>)).toBe('/problems/body-too-large');
  }
});

describe('POST /orders', () => {
  let api: Deployment;
  beforeAll(async () => {
    api = await deploy();
  });

  test('takes 256 KiB and not a byte more', async () => {
    expect((await api.submit(VALID.padEnd(BYTES_MAX))).status).toBe(202);
    const before = await api.keys();
    expect((await api.submit(VALID.padEnd(BYTES_MAX + 1))).status).toBe(413);
    expect(await api.keys()).toEqual(before);
  });

  test.each([
    [400, 'invalid-json', { body: '{' }],
    [400, 'invalid-json', { headers: { 'content-type': 'application/json' } }],
    [400, 'invalid-order', { body: '[]' }],
    [
      413,
      'body-too-large',
      { body: 'x'.repeat(300_000), headers: { 'content-type': 'text/plain' } },
    ],
    [415, 'unsupported-media-type', { body: VALID, headers: { 'content-encoding': 'gzip' } }],
  ] as [number, string, Call][])('answers %i %s', async (status, type, call) => {
    const headers = { 'idempotency-key': 'a', ...call.headers };
    const answer = await api.call('submit', { ...call, headers });
    expect([answer.status, answer.body.type]).toEqual([status, `/problems/${type}`]);
  });
});
